/** A mail that waits to be sent. */
export interface Mail {
  readonly id: number;
  readonly to: string;
}

/**
 * The resource that the elected work writes to: a table, here in memory. It knows the largest fencing token that ever wrote to
 * it and refuses smaller ones: in SQL one `UPDATE … SET token = $1 WHERE token <= $1` in the same transaction.
 */
export class MailOutbox {
  readonly #waiting: Mail[];
  readonly #sent: Mail[] = [];
  #largestToken = 0n;

  constructor(waiting: readonly Mail[]) {
    this.#waiting = [...waiting];
  }

  /** In the order in which they were marked. */
  get sent(): readonly Mail[] {
    return this.#sent;
  }

  next(): Mail | undefined {
    return this.#waiting[0];
  }

  /** @throws `StaleTokenError` when a later term has already written here. */
  markSent(mail: Mail, fencingToken: bigint): void {
    if (fencingToken < this.#largestToken) throw new StaleTokenError(fencingToken, this.#largestToken);
    this.#largestToken = fencingToken;
    this.#waiting.splice(this.#waiting.indexOf(mail), 1);
    this.#sent.push(mail);
  }
}

/** The write of a term that is over. */
export class StaleTokenError extends Error {
  constructor(token: bigint, largest: bigint) {
    super(`Fencing token ${token} is older than ${largest}: another leader has taken over`);
    this.name = "StaleTokenError";
  }
}
