import { type FaultProxy, startFaultProxy } from "@tenure/conformance";
import { machineNowMs } from "../run/machine-time.ts";
import type { Deed, DemoEvent, Happening } from "./demo-event.ts";
import { applyEvent, type DemoState, initialDemo, replicaOf } from "./demo-state.ts";
import type { DemoStore } from "./demo-store.ts";
import type { RoutedLock, Timing } from "./replica-messages.ts";
import { ReplicaProcess } from "./replica-process.ts";
import type { Route } from "./routes.ts";

/** How long replicas may take to give the lock back at the end, before they are killed. */
const FAREWELL_MS = 2_000;

interface Member {
  readonly name: string;
  readonly proxies: readonly FaultProxy[];
  readonly lock: RoutedLock;
  process: ReplicaProcess | undefined;
}

/** The replicas of a demo, each a process with proxies of its own before the store; what is done to them; what they tell. */
export class DemoGroup implements AsyncDisposable {
  readonly #startedAtMs = machineNowMs();
  readonly #members: readonly Member[];
  readonly #timing: Timing;
  readonly #listeners = new Set<(event: DemoEvent) => void>();
  #state: DemoState;
  #isEnding = false;

  private constructor(members: readonly Member[], timing: Timing) {
    this.#members = members;
    this.#timing = timing;
    this.#state = initialDemo(members.map(({ name }) => name));
  }

  /** Starts proxies, and no replica yet. */
  static async open(options: {
    readonly replicas: number;
    readonly store: DemoStore;
    readonly timing: Timing;
  }): Promise<DemoGroup> {
    const { store, timing } = options;
    const names = Array.from({ length: options.replicas }, (_, index) => `replica-${index + 1}`);
    const members = await Promise.all(names.map((name) => createMember(name, store)));
    return new DemoGroup(members, timing);
  }

  /** All that is known by now. */
  get state(): DemoState {
    return this.#state;
  }

  /** Milliseconds since this group was made: the time of its events. */
  nowMs(): number {
    return machineNowMs() - this.#startedAtMs;
  }

  /** Told of every event, after the state has taken it in. Returns what ends that. */
  onEvent(listener: (event: DemoEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts every replica. */
  async start(): Promise<void> {
    await Promise.all(this.#members.map(({ name }) => this.perform(name, "start")));
  }

  /**
   * Does something to a replica, unless that makes no sense now.
   * @returns why it makes no sense; `undefined` when it was done
   */
  async perform(name: string, deed: Deed): Promise<string | undefined> {
    const member = this.#members.find((candidate) => candidate.name === name);
    const replica = replicaOf(this.#state, name);
    if (member === undefined || replica === undefined) return `there is no ${name}`;
    if (this.#isEnding) return "the demo ends";
    const { process: child } = member;
    if (deed === "cut" || deed === "heal") {
      await Promise.all(member.proxies.map((proxy) => proxy.setMode(deed === "cut" ? "silence" : "pass")));
      this.#tell(name, { kind: "deed", deed });
      return undefined;
    }
    if (deed === "start") {
      if (child !== undefined) return "it runs already";
      this.#tell(name, { kind: "deed", deed });
      this.#startProcess(member);
      return undefined;
    }
    if (child === undefined) return "it does not run";
    if (deed === "freeze" && process.platform === "win32") return "Windows cannot freeze a process";
    switch (deed) {
      case "kill":
        this.#tell(name, { kind: "deed", deed });
        child.kill();
        break;
      case "freeze":
        child.freeze();
        // Stamped when it is frozen already, and the thaw when it is frozen still: it did nothing in between.
        this.#tell(name, { kind: "deed", deed });
        break;
      case "thaw":
        this.#tell(name, { kind: "deed", deed });
        child.thaw();
        break;
      case "stop":
        if (replica.isFrozen) return "it is frozen: thaw it first";
        this.#tell(name, { kind: "deed", deed });
        child.order({ kind: "stop" });
        break;
    }
    return undefined;
  }

  /** Stops every replica, kills what does not stop, and ends the proxies. Idempotent. */
  async close(): Promise<void> {
    this.#isEnding = true;
    const running = this.#members.flatMap(({ process: child }) => child ?? []);
    for (const { process: child, proxies } of this.#members) {
      for (const proxy of proxies) void proxy.setMode("pass").catch(() => {}); // it was closed before
      child?.thaw();
      child?.order({ kind: "stop" });
    }
    const timer = setTimeout(() => {
      for (const child of running) child.kill();
    }, FAREWELL_MS);
    await Promise.all(running.map(({ ended }) => ended));
    clearTimeout(timer);
    await Promise.all(this.#members.flatMap(({ proxies }) => proxies.map((proxy) => proxy.close())));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #startProcess(member: Member): void {
    const { name, lock } = member;
    const child = new ReplicaProcess(({ atMs, happening }) =>
      this.#tell(name, happening, atMs - this.#startedAtMs),
    );
    member.process = child;
    child.order({ kind: "campaign", name, lock, timing: this.#timing });
    void child.ended.then(({ how, atMs, stderr }) => {
      member.process = undefined;
      const lastWords = stderr
        .trim()
        .split("\n")
        .find((line) => /error/i.test(line));
      if (lastWords !== undefined && how !== "exit 0")
        this.#tell(name, { kind: "trouble", message: lastWords });
      this.#tell(name, { kind: "ended", how }, atMs - this.#startedAtMs);
    });
  }

  #tell(replica: string, happening: Happening, atMs: number = this.nowMs()): void {
    // The end is no part of what is shown.
    if (this.#isEnding) return;
    const event: DemoEvent = { ...happening, replica, atMs };
    this.#state = applyEvent(this.#state, event);
    for (const listener of this.#listeners) listener(event);
  }
}

async function createMember(name: string, { url, options, addresses }: DemoStore): Promise<Member> {
  const proxies = await Promise.all(addresses.map((target) => startFaultProxy({ target })));
  const routes = addresses.map((address, index): Route => {
    // There is a proxy for each address.
    const { port: viaPort } = proxies[index] as FaultProxy;
    return { ...address, viaPort };
  });
  return { name, proxies, lock: { url, options, routes }, process: undefined };
}
