import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { BIN } from "./bin.fixture.ts";
import { expectFailure, RunningTenure, tenure } from "./tenure.fixture.ts";

it("runs as a program: output, exit codes, and an end by itself", async () => {
  const version = await tenure(["--version"]);
  expect(version).toMatchObject({ exit: 0, stderr: "" });
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  await expectFailure(["status", "zk://h/app"], { exit: 2, says: /Unknown scheme zk:/ });
  await expectFailure(["statsu"], { exit: 2, says: /Did you mean status/ });
});

it("ends quietly when nobody reads its output any more", async () => {
  await using server = new RunningTenure(["lease-server", "--port", "0", "--json", "--log"]);
  await server.waitForStdout(1);
  server.process.stdout?.destroy();
  const [{ url } = { url: "" }] = server.documents<{ readonly url: string }>();
  // Its line about this request goes nowhere.
  await fetch(`${url}/version`);
  expect(await server.ended).toMatchObject({ exit: 0, stderr: "" });
});

// Linux has it; where there is none (macOS) no disk can be made full without root.
it.skipIf(!existsSync("/dev/full"))("says that its output cannot be written, and ends with 5", async () => {
  const run = promisify(execFile)("sh", ["-c", `"$0" "$@" >/dev/full`, process.execPath, BIN, "--help"]);
  const stderr = "tenure: stdout cannot be written: ENOSPC\n";
  await expect(run).rejects.toMatchObject({ code: 5, stderr });
});

it("does not wait for a credential plugin that hangs", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tenure-bin-"));
  const [kubeconfig, pid] = [join(folder, "kubeconfig"), join(folder, "pid")];
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    interactiveMode: "Never",
    command: "sh",
    args: ["-c", `echo $$ >${pid}; exec sleep 1000`],
  };
  const config = {
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "u", user: { exec } }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    "current-context": "c",
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  try {
    for (const args of [
      ["status", "k8s://default/app"],
      ["ls", "k8s://default"],
    ]) {
      await expectFailure([...args, "--kubeconfig", kubeconfig, "--timeout", "1s"], {
        exit: 3,
        says: /within 1000 ms/,
      });
      process.kill(Number(readFileSync(pid, "utf8")), "SIGKILL");
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("completes commands and options for a shell", async () => {
  const script = await tenure(["completion", "bash"]);
  expect(script).toMatchObject({
    exit: 0,
    stderr: "",
    stdout: expect.stringContaining("tenure complete -- "),
  });
  const commands = await tenure(["complete", "--", "st"]);
  expect(commands.stdout).toMatch(/^status\t.*\nstep-down\t.*\n:4\n$/);
  const options = await tenure(["complete", "--", "check", "--lease"]);
  expect(options.stdout).toMatch(/^--lease-duration\t/);
  await expectFailure(["completion", "tcsh"], { exit: 2, says: /'tcsh' is invalid .* zsh, bash, fish/ });
});
