/** An error reply of the server. A copy of what the client library threw, without the command's arguments. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  /** The reply's first word: `"NOPERM"`, `"READONLY"`, `"ERR"`. */
  readonly code: string;

  /** @param message The whole reply, fit to be shown. */
  constructor(message: string) {
    // Where in a script it happened helps nobody.
    super(message.replace(/ script: (?:[0-9a-f]{40}, )?on @user_script:\d+\.?$/, ""));
    this.code = /^[A-Z]+/.exec(message)?.[0] ?? "ERR";
  }
}

/** A connection failed, or ended before the reply. A copy of what was thrown: only its message and code. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  /** `"ECONNREFUSED"`, `"ECONNRESET"`, `"CERT_HAS_EXPIRED"`, … */
  readonly code: string | undefined;

  constructor(message: string, code?: string | undefined) {
    super(message);
    this.code = code;
  }
}

/** The command was not written: the connection had ended before. */
export class NotSentError extends NetworkError {}
