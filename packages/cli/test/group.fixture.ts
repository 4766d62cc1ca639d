import { startTcpProxy, type TcpProxy } from "@tenure/testbed";
import { Replica } from "./replica.fixture.ts";
import { WorkerLog, type WorkerStart } from "./worker-log.fixture.ts";

/** Where a store listens, and how a replica gets to it by way of a proxy. */
export interface Route {
  readonly target: { readonly host: string; readonly port: number };
  via(proxy: TcpProxy): { readonly lock: string; readonly env?: Readonly<Record<string, string>> };
}

export const TIMING = { leaseDurationMs: 4_000, renewDeadlineMs: 2_500, retryPeriodMs: 1_000 };
export const TIMING_OPTIONS: readonly string[] = [
  ...["--lease-duration", "4s", "--renew-deadline", "2500ms", "--retry-period", "1s"],
];

/** Replicas of one election, each behind a proxy of its own, and the log of their workers. */
export class Group implements AsyncDisposable {
  readonly log: WorkerLog = new WorkerLog();
  readonly replicas: Replica[] = [];
  readonly proxies: TcpProxy[] = [];
  readonly #route: Route;

  constructor(route: Route) {
    this.#route = route;
  }

  /** A leader whose worker runs, and then a standby that has seen it. */
  async startTwo(
    words: readonly string[] = [],
    options: readonly string[] = [],
  ): Promise<{ leader: Replica; standby: Replica; first: WorkerStart; proxy: TcpProxy }> {
    const leader = await this.start("a", words, options);
    const [first] = await this.log.waitForStarts(1);
    const standby = await this.start("b", words, options);
    await standby.waitFor("newLeader");
    const [proxy] = this.proxies;
    if (first === undefined || proxy === undefined) throw new Error("Expected a start and a proxy");
    return { leader, standby, first, proxy };
  }

  async start(
    identity: string,
    words: readonly string[] = [],
    options: readonly string[] = [],
  ): Promise<Replica> {
    const proxy = await startTcpProxy({ target: this.#route.target });
    this.proxies.push(proxy);
    const replica = new Replica({
      ...this.#route.via(proxy),
      identity,
      command: this.log.command(...words),
      options: [...TIMING_OPTIONS, ...options],
    });
    this.replicas.push(replica);
    return replica;
  }

  /** The next worker that starts. */
  async nextStart(): Promise<WorkerStart> {
    const start = (await this.log.waitForStarts(this.log.starts.length + 1)).at(-1);
    if (start === undefined) throw new Error("Expected a start");
    return start;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const replica of this.replicas) await replica.destroy();
    for (const proxy of this.proxies) await proxy.close();
    this.log.remove();
  }
}
