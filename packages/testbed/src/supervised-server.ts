import type { ServerControl } from "./server-control.ts";
import { waitUntilReady } from "./server-process.ts";
import type { Supervisor } from "./start-supervisor.ts";
import type { ServerCommand } from "./supervisor-protocol.ts";

const STOP_GRACE_MS = 10_000;

/** A server that a supervisor runs. */
export class SupervisedServer implements ServerControl {
  readonly #supervisor: Supervisor;
  readonly #command: ServerCommand;
  readonly #isReady: () => Promise<boolean>;

  /** `isReady` may reject, which counts as "not yet"; {@link pid} tells our server from another on the same port. */
  constructor(supervisor: Supervisor, command: ServerCommand, isReady: () => Promise<boolean>) {
    this.#supervisor = supervisor;
    this.#command = command;
    this.#isReady = isReady;
  }

  get pid(): number | undefined {
    return this.#supervisor.pid(this.#command.name);
  }

  /** Starts it without waiting until it is ready: a cluster is only once its other members are there. */
  async spawn(): Promise<void> {
    await this.#supervisor.start(this.#command);
  }

  /** Waits until it is ready. */
  async ready(): Promise<void> {
    await waitUntilReady(this.#supervisor, this.#command.name, this.#isReady);
  }

  async start(): Promise<void> {
    await this.spawn();
    await this.ready();
  }

  async stop(): Promise<void> {
    await this.#supervisor.end(this.#command.name, STOP_GRACE_MS);
  }

  async kill(): Promise<void> {
    await this.#supervisor.end(this.#command.name, 0);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async pause(): Promise<void> {
    await this.#supervisor.signal(this.#command.name, "SIGSTOP");
  }

  async resume(): Promise<void> {
    await this.#supervisor.signal(this.#command.name, "SIGCONT");
  }
}
