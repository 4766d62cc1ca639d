import { spawn } from "node:child_process";

/** What a finished command left. */
export interface CommandResult {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How {@link runCommand} runs a command. */
export interface RunCommandOptions {
  /** Text for its stdin. */
  readonly input?: string | undefined;
  /** Its whole environment. @defaultValue that of this process */
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly cwd?: string | undefined;
  /** After that long, in milliseconds, it is killed and the call rejects. @defaultValue 60000 */
  readonly timeoutMs?: number | undefined;
}

/** Runs a command to its end. Rejects when it cannot be started or takes too long; a failure is told by `exitCode`. */
export function runCommand(
  path: string,
  args: readonly string[],
  { input = "", env = process.env, cwd, timeoutMs = 60_000 }: RunCommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    // Not spawn's own `timeout`: its timer keeps the process alive when the command does not exist.
    const signal = AbortSignal.timeout(timeoutMs);
    const child = spawn(path, args, { env, cwd, signal, killSignal: "SIGKILL" });
    const killChild = () => child.kill("SIGKILL"); // a build, say, must not go on without us
    process.once("exit", killChild);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdin.on("error", () => {}); // a command that does not read its input is no failure
    child.stdin.end(input);
    child.once("error", (error) => {
      process.off("exit", killChild);
      reject(error);
    });
    child.once("close", (exitCode) => {
      process.off("exit", killChild);
      resolve({ exitCode, stdout, stderr });
    });
  });
}
