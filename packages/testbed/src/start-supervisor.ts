import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { createDeferred, type Deferred } from "./deferred.ts";
import type { ServerCommand, SupervisorAction, SupervisorMessage } from "./supervisor-protocol.ts";

/** The process that runs the servers of one testbed and outlives us just long enough to end them. */
export interface Supervisor {
  /** Folder for the data, the logs and the credentials of the testbed; the supervisor removes it at its end. */
  readonly dataDir: string;
  /** Starts a server; resolves with its process id once it runs (not: once it is ready). */
  start(server: ServerCommand): Promise<number>;
  /** Ends a server and waits for that: SIGTERM, after `graceMs` SIGKILL; with 0, SIGKILL at once. */
  end(name: string, graceMs: number): Promise<void>;
  /** Pauses or resumes a server. */
  signal(name: string, signal: "SIGSTOP" | "SIGCONT"): Promise<void>;
  /** Process id of a server while it runs. */
  pid(name: string): number | undefined;
  /** How a server ended that does not run any more, e.g. `"exit code 1"`; `undefined` before. */
  exit(name: string): string | undefined;
  /** Kills the servers, removes the data folder, and resolves when both are gone. Idempotent. */
  stop(): Promise<void>;
}

/** Starts a supervisor process. */
export async function startSupervisor(): Promise<Supervisor> {
  const child = fork(fileURLToPath(new URL("./supervisor.ts", import.meta.url)), {
    // In a session of its own: Ctrl-C in the terminal reaches the test run, and the supervisor through its channel.
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // Not the parent's: under vitest they name loaders that this process must not have.
    execArgv: [],
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], TMPDIR: process.env["TMPDIR"] },
  });
  const supervised = new SupervisedServers(child);
  return await supervised.ready();
}

class SupervisedServers implements Supervisor {
  readonly #child: ChildProcess;
  readonly #ready = createDeferred<string>();
  readonly #ended = createDeferred<void>();
  readonly #pending = new Map<number, Deferred<number | undefined>>();
  readonly #pids = new Map<string, number>();
  readonly #exits = new Map<string, string>();
  #dataDir = "";
  #lastId = 0;
  #stderr = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#ready.promise.catch(() => {}); // whoever awaits ready() hears of it
    child.on("message", (message) => this.#hear(message as SupervisorMessage));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-2_000);
    });
    child.once("error", (error) => this.#end(error));
    child.once("exit", (code, signal) => {
      this.#end(
        new Error(`The testbed's supervisor ended (${signal ?? `exit code ${code}`}) ${this.#stderr}`),
      );
    });
  }

  get dataDir(): string {
    return this.#dataDir;
  }

  async ready(): Promise<Supervisor> {
    this.#dataDir = await this.#ready.promise;
    this.#letProcessExit();
    return this;
  }

  async start(server: ServerCommand): Promise<number> {
    this.#exits.delete(server.name);
    const pid = await this.#ask({ kind: "start", server });
    if (pid === undefined) throw new Error(`${server.name} started without a process id`);
    this.#pids.set(server.name, pid);
    return pid;
  }

  async end(name: string, graceMs: number): Promise<void> {
    await this.#ask({ kind: "end", name, graceMs });
  }

  async signal(name: string, signal: "SIGSTOP" | "SIGCONT"): Promise<void> {
    await this.#ask({ kind: "signal", name, signal });
  }

  pid(name: string): number | undefined {
    return this.#exits.has(name) ? undefined : this.#pids.get(name);
  }

  exit(name: string): string | undefined {
    return this.#exits.get(name);
  }

  async stop(): Promise<void> {
    this.#child.ref();
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended.promise;
  }

  #ask(action: SupervisorAction): Promise<number | undefined> {
    const id = ++this.#lastId;
    const reply = createDeferred<number | undefined>();
    this.#pending.set(id, reply);
    this.#child.channel?.ref();
    this.#child.send({ id, action }, (error) => {
      if (error !== null) this.#settle(id)?.reject(error);
    });
    return reply.promise;
  }

  #hear(message: SupervisorMessage): void {
    switch (message.kind) {
      case "ready":
        this.#ready.resolve(message.dataDir);
        break;
      case "done":
        this.#settle(message.id)?.resolve(message.pid);
        break;
      case "failed":
        this.#settle(message.id)?.reject(new Error(message.why));
        break;
      case "exited":
        this.#exits.set(message.name, message.how);
        break;
    }
  }

  #settle(id: number): Deferred<number | undefined> | undefined {
    const reply = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#letProcessExit();
    return reply;
  }

  /** A forgotten `stop()` must not keep the test run alive: when it exits, the supervisor cleans up. */
  #letProcessExit(): void {
    this.#child.unref();
    this.#child.channel?.unref();
    // The pipe is a net.Socket, whose unref its declared type Readable lacks.
    (this.#child.stderr as Socket | null)?.unref();
  }

  #end(error: Error): void {
    this.#ready.reject(error);
    for (const reply of this.#pending.values()) reply.reject(error);
    this.#pending.clear();
    this.#ended.resolve();
  }
}
