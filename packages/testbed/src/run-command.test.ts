import { expect, it } from "vitest";
import { runCommand } from "./run-command.ts";

it("gives input, and tells output and exit code", async () => {
  const script =
    "process.stdin.on('data', (text) => console.log(String(text))); console.error('e'); process.exitCode = 3";
  expect(await runCommand(process.execPath, ["-e", script], { input: "in" })).toEqual({
    exitCode: 3,
    stdout: "in\n",
    stderr: "e\n",
  });
});

it("rejects when the command does not exist, and lets the process exit then", async () => {
  await expect(runCommand("/nonexistent", [])).rejects.toThrow("ENOENT");
  const script = `import { runCommand } from ${JSON.stringify(new URL("./run-command.ts", import.meta.url).href)};
    await runCommand("/nonexistent", []).catch(() => console.log("rejected"));`;
  const node = await runCommand(process.execPath, ["--input-type=module", "-e", script], {
    timeoutMs: 10_000,
  });
  expect(node.stdout).toBe("rejected\n");
});

it("kills a command that takes too long, and rejects", async () => {
  await expect(runCommand("sleep", ["60"], { timeoutMs: 50 })).rejects.toThrow("aborted");
});

it("kills a command that still runs when this process exits", async () => {
  const script = `import { spawnSync } from "node:child_process";
    import { runCommand } from ${JSON.stringify(new URL("./run-command.ts", import.meta.url).href)};
    runCommand("sleep", ["61.61"]);
    const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
    console.log(new RegExp("(\\\\d+) +" + process.pid + " sleep").exec(stdout)[1]);
    process.exit(0);`;
  const { stdout } = await runCommand(process.execPath, ["--input-type=module", "-e", script]);
  const pid = Number(stdout);
  expect(pid).toBeGreaterThan(1);
  const state = async () => (await runCommand("ps", ["-o", "stat=", "-p", String(pid)])).stdout.trim();
  await expect.poll(state).toMatch(/^(Z.*)?$/); // a zombie has ended
});
