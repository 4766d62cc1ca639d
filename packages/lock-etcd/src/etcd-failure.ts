/** Why a call of {@link EtcdKv} failed. */
export type EtcdFailureCause =
  /** No connection, or no credentials, to send it with. */
  | { readonly kind: "unreachable"; readonly message: string }
  /** A gRPC status other than OK, from etcd, from something before it, or from the client when the stream broke. */
  | { readonly kind: "status"; readonly code: number; readonly details: string }
  /** The answer is there, but is not one. */
  | { readonly kind: "unreadable"; readonly message: string }
  | { readonly kind: "deadline"; readonly timeoutMs: number }
  | { readonly kind: "aborted"; readonly reason: unknown }
  | { readonly kind: "closed" };

/** What a call of {@link EtcdKv} rejects with. The texts in it hold no credentials. */
export class EtcdFailure extends Error {
  override readonly name = "EtcdFailure";
  readonly failure: EtcdFailureCause;
  /** Whether the call itself may have reached a server. */
  readonly sent: boolean;

  constructor(failure: EtcdFailureCause, { sent }: { readonly sent: boolean }) {
    super(textOf(failure));
    this.failure = failure;
    this.sent = sent;
  }
}

function textOf(failure: EtcdFailureCause): string {
  switch (failure.kind) {
    case "unreachable":
    case "unreadable":
      return failure.message;
    case "status":
      return `gRPC status ${failure.code}: ${failure.details}`;
    case "deadline":
      return `no answer within ${failure.timeoutMs} ms`;
    case "aborted":
      return "aborted";
    case "closed":
      return "closed";
  }
}
