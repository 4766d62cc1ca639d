/** What a request is made to suffer. */
export type FaultDecision =
  /** Nothing. */
  | { readonly kind: "none" }
  /** Answered with this HTTP status instead, nothing done. */
  | { readonly kind: "error"; readonly status: number; readonly retryAfterSeconds?: number | undefined }
  /** Never answered, nothing done; the connection stays open. */
  | { readonly kind: "hang" }
  /** Done, and never answered: the connection stays open. */
  | { readonly kind: "swallow-answer" }
  /** Done, and the connection is ended in the middle of the answer. */
  | { readonly kind: "cut-answer" };

/** Chaos for tests, decided request by request. */
export interface Faults {
  /** Asked once per request, before anything is done. `delayMs` comes first, whatever the decision. */
  decide(request: {
    readonly method: string;
    readonly path: string;
    readonly verb: string;
    readonly userAgent: string;
    /** As in `AccessAttributes`. */
    readonly name?: string | undefined;
  }): {
    readonly delayMs: number;
    readonly decision: FaultDecision;
  };
}
