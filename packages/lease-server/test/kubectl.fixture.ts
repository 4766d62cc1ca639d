import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Where kubectl is, and which server it talks to. */
export interface KubectlTarget {
  readonly path: string;
  readonly kubeconfigPath: string;
  /** Discovery is cached here; a folder of the target's own. */
  readonly cacheFolder: string;
  readonly namespace: string;
}

/** What a command left. */
export interface KubectlResult {
  readonly exitCode: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl in the target's namespace; resolves for every exit code. `env` adds to the environment. */
export function kubectl(
  target: KubectlTarget,
  args: readonly string[],
  input = "",
  env: Readonly<Record<string, string>> = {},
): Promise<KubectlResult> {
  return new Promise((resolve) => {
    const options = { env: { ...environmentOf(target), ...env }, timeout: 30_000 };
    const child = execFile(target.path, argumentsOf(target, args), options, (error, stdout, stderr) =>
      resolve({ exitCode: error === null ? 0 : (error.code ?? error.signal ?? null), stdout, stderr }),
    );
    child.stdin?.on("error", () => {}); // a command that does not read its input is no failure
    child.stdin?.end(input);
  });
}

/** A kubectl that goes on until it is stopped. */
export class RunningKubectl implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;

  constructor(target: KubectlTarget, args: readonly string[]) {
    this.#child = spawn(target.path, argumentsOf(target, args), {
      env: environmentOf(target),
      stdio: ["ignore", "pipe", "inherit"],
    });
    // Piped above, so there is a stream.
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (line) =>
      this.lines.push(line),
    );
    this.#closed = new Promise((resolve) => this.#child.once("close", resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }
}

function argumentsOf({ namespace }: KubectlTarget, args: readonly string[]): string[] {
  return ["--namespace", namespace, ...args];
}

function environmentOf({ kubeconfigPath, cacheFolder }: KubectlTarget): NodeJS.ProcessEnv {
  return { ...process.env, KUBECONFIG: kubeconfigPath, KUBECACHEDIR: cacheFolder };
}

/**
 * What kubectl said, without what may differ between two servers: the namespace, uids, versions and times (but for those of a
 * Lease's `spec`, which have a fraction), ages, and the server's address.
 */
export function normaliseOutput(
  text: string,
  { namespace, uids }: { namespace: string; uids: string[] },
): string {
  return text
    .replaceAll(namespace, "NS")
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (uid) => {
      if (!uids.includes(uid)) uids.push(uid);
      return `uid-${uids.indexOf(uid) + 1}`;
    })
    .replace(/(resource ?version:?"?:? *"?)\d+/gi, "$1<version>")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "<time>")
    .replace(/(?<= )\d+s(?= |$)/gm, "<age>")
    .replace(/https?:\/\/127\.0\.0\.1:\d+/g, "<server>");
}
