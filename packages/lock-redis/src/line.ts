import type { Clock } from "@tenure/core";
import type { ClusterRoutes, OpenOptions, RedisConnection, RedisConnector } from "./redis-connection.ts";
import { ServerClock } from "./server-clock.ts";
import { NetworkError } from "./server-error.ts";

/** A connection in use for calls, with what it knows of the server's time. */
export class Line {
  readonly connection: RedisConnection;
  readonly serverClock: ServerClock;
  #calls = 0;
  #retired = false;

  private constructor(connection: RedisConnection, serverClock: ServerClock) {
    this.connection = connection;
    this.serverClock = serverClock;
  }

  /** Asks the server for its time before anything else, so that even the first write can carry its not-after. */
  static async over(connection: RedisConnection, clock: Clock): Promise<Line> {
    try {
      return new Line(connection, new ServerClock(clock, microsOf(await connection.send("time", []))));
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** Whether new calls may use it. */
  get isUsable(): boolean {
    return !this.#retired && this.connection.isOpen;
  }

  /** A call begins to use it; what is given back ends that, however often it is called. */
  begin(): () => void {
    this.#calls += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#calls -= 1;
      if (this.#retired && this.#calls === 0) this.connection.destroy();
    };
  }

  /** No new calls; the ones under way have their answers first. */
  retire(): void {
    this.#retired = true;
    if (this.#calls === 0) this.connection.destroy();
  }
}

/** A line that is being opened, or is open. */
export interface Opening {
  readonly line: Promise<Line>;
  /** Gives up, if it is not open yet; those who wait for it have sent nothing. */
  giveUp(): void;
}

/** The one line that a lock's calls share, opened when it is needed and again when it was lost. */
export class SharedLine {
  readonly #connector: RedisConnector;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #current: Opening | undefined;
  #line: Line | undefined;

  constructor(connector: RedisConnector, clock: Clock) {
    this.#connector = connector;
    this.#clock = clock;
  }

  /**
   * The line, or the one being opened. Opening gives up after the time of the call that began it, or when that call does,
   * so that the next one begins anew; those that joined fail with it, having sent nothing.
   */
  get(timeoutMs: number): { readonly opening: Opening; readonly began: boolean } {
    if (this.#line !== undefined && !this.#line.isUsable) this.#forget();
    const began = this.#current === undefined;
    this.#current ??= this.#open(timeoutMs);
    return { opening: this.#current, began };
  }

  /** A line of its own, for one call that was sent on to another node. */
  async at(routes: ClusterRoutes, address: string, from: RedisConnection, timeoutMs: number): Promise<Line> {
    return this.#within(timeoutMs, undefined, (options) => routes.openAt(address, from, options));
  }

  /** Ends the line, and an opening one, for good. */
  close(): void {
    this.#closing.abort();
    this.#line?.connection.destroy();
    this.#forget();
  }

  #forget(): void {
    this.#current = undefined;
    this.#line = undefined;
  }

  #open(timeoutMs: number): Opening {
    const givenUp = new AbortController();
    const line = this.#within(timeoutMs, givenUp.signal, (options) => this.#connector.open(options));
    const opening: Opening = {
      line,
      giveUp: () => {
        if (this.#current === opening && this.#line === undefined) this.#forget();
        givenUp.abort();
      },
    };
    line.then(
      (opened) => {
        if (this.#current === opening) this.#line = opened;
      },
      () => {
        if (this.#current === opening) this.#forget();
      },
    );
    return opening;
  }

  async #within(
    timeoutMs: number,
    givenUp: AbortSignal | undefined,
    open: (options: OpenOptions) => Promise<RedisConnection>,
  ): Promise<Line> {
    const late = new AbortController();
    const timer = this.#clock.setTimer(() => late.abort(), timeoutMs);
    const signals = [late.signal, this.#closing.signal];
    const signal = AbortSignal.any(givenUp === undefined ? signals : [...signals, givenUp]);
    try {
      const connection = await open({ timeoutMs, signal });
      const destroy = (): void => connection.destroy();
      signal.addEventListener("abort", destroy);
      try {
        if (signal.aborted) destroy();
        return await Line.over(connection, this.#clock);
      } finally {
        signal.removeEventListener("abort", destroy);
      }
    } finally {
      timer.cancel();
    }
  }
}

/** TIME answers `["1764093600", "123456"]`. */
function microsOf(time: unknown): number {
  const [seconds, micros] = Array.isArray(time) ? (time as unknown[]) : [];
  const total = Number(seconds) * 1_000_000 + Number(micros);
  if (!Number.isSafeInteger(total)) throw new NetworkError("the server did not tell its time");
  return total;
}
