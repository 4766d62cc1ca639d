/** Where the tokens come from: one request with user and password; `undefined` where the cluster asks for none. */
export type Authenticate = () => Promise<string | undefined>;

/** The token that calls bear, asked for once for all of them and again when it was refused. */
export class AuthTokens {
  readonly #authenticate: Authenticate | undefined;
  #token: Promise<string | undefined> | undefined;

  /** Without `authenticate` there is no user, and never a token. */
  constructor(authenticate: Authenticate | undefined) {
    this.#authenticate = authenticate;
  }

  /**
   * The token to send. A failed request for one is not remembered: the next call makes another.
   * @throws what `authenticate` rejects with.
   */
  current(): Promise<string | undefined> {
    if (this.#authenticate === undefined) return Promise.resolve(undefined);
    if (this.#token === undefined) {
      const token = this.#authenticate();
      this.#token = token;
      // Also heard when every caller has stopped waiting.
      token.catch(() => this.#forget(token));
    }
    return this.#token;
  }

  /** Whether another token can be had in place of one that was refused. It is then asked for by the next {@link current}. */
  async discard(refused: string | undefined): Promise<boolean> {
    if (this.#authenticate === undefined) return false;
    const token = this.#token;
    // Another call may have brought a new one meanwhile.
    if (token !== undefined && (await token.catch(() => undefined)) === refused) this.#forget(token);
    return true;
  }

  #forget(token: Promise<string | undefined>): void {
    if (this.#token === token) this.#token = undefined;
  }
}
