/** What is told of a world: everything that a reader of a failure needs, in the order of true time. */

/** One thing that happened. `atMs` is true time since the world began; no clock in the world shows it. */
export type TraceEvent = { readonly atMs: number } /** A replica's process begins or ends to exist. */ & (
  | { readonly kind: "process-started"; readonly who: string; readonly identity: string }
  | { readonly kind: "process-crashed"; readonly who: string }
  /** Its process does not run (stopped, or its event loop is blocked), or its machine sleeps. */
  | { readonly kind: "paused"; readonly who: string; readonly how: "pause" | "suspend" | "vm-pause" }
  | { readonly kind: "resumed"; readonly who: string }
  /** A request leaves a replica. `callId` is unique in the world. */
  | {
      readonly kind: "sent";
      readonly who: string;
      readonly callId: number;
      readonly operation: "get" | "create" | "update";
      readonly purpose: "read" | "hold" | "release";
      /** The version that an update replaces. */
      readonly expected: string | undefined;
    }
  /** It reaches the store, which applies or refuses it; perhaps again (a duplicate), perhaps long after. */
  | {
      readonly kind: "landed";
      readonly who: string;
      readonly callId: number;
      readonly applied: boolean;
      /** What the store holds now. */
      readonly version: string | undefined;
      readonly holder: string;
      readonly duplicate: boolean;
    }
  /** Its answer reaches the replica. */
  | { readonly kind: "answered"; readonly who: string; readonly callId: number; readonly outcome: string }
  /** A request, or its answer, is lost. */
  | {
      readonly kind: "lost";
      readonly who: string;
      readonly callId: number;
      readonly part: "request" | "answer";
    }
  /** A watch tells a replica something. */
  | {
      readonly kind: "watched";
      readonly who: string;
      readonly event: string;
      readonly version: string | undefined;
    }
  /** A term begins, its task is told to stop, its belief ends, its task has settled. */
  | { readonly kind: "term-started"; readonly who: string; readonly token: string }
  | { readonly kind: "told"; readonly who: string; readonly token: string; readonly reason: string }
  | { readonly kind: "term-ended"; readonly who: string; readonly token: string; readonly reason: string }
  | { readonly kind: "task-settled"; readonly who: string; readonly token: string }
  /** A stranger does something to the record. */
  | { readonly kind: "stranger"; readonly what: string; readonly version: string | undefined }
  /** A condition of the world begins or ends: a fault on a link, an error burst, a clock that runs differently. */
  | {
      readonly kind: "fault-began";
      readonly fault: string;
      readonly who: string | undefined;
      readonly untilMs: number;
    }
  | { readonly kind: "fault-ended"; readonly fault: string; readonly who: string | undefined }
  | { readonly kind: "phase"; readonly phase: "chaos" | "healed" }
  /** A property does not hold. */
  | {
      readonly kind: "violation";
      readonly property: string;
      readonly message: string;
      readonly who: readonly string[];
    }
);

/** What to call the parts of a world in a story. */
export interface TraceHeader {
  readonly seed: number;
  readonly commit: string;
  /** One line: flavour, durations, clocks. */
  readonly settings: string;
  readonly renewDeadlineMs: number;
  readonly leaseDurationMs: number;
}
