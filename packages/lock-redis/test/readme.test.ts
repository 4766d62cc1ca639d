import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startRedis } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { expect, it, onTestFinished } from "vitest";
import { RedisLock } from "../src/index.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

/** The TypeScript blocks, in order. */
const [example = "", options = ""] = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(
  ([, text = ""]) => text,
);

/** The example as a file of a user's project, which has the packages by name. Gone after the test, also when that times out. */
async function installed(text: string): Promise<string> {
  const project = await mkdtemp(join(tmpdir(), "tenure-readme-"));
  onTestFinished(() => rm(project, { recursive: true, force: true }));
  const packages = join(project, "node_modules", "@tenure");
  await mkdir(packages, { recursive: true });
  for (const name of ["core", "lock-redis"]) {
    await symlink(fileURLToPath(new URL(`../../${name}`, import.meta.url)), join(packages, name));
  }
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module" }));
  const file = join(project, "example.ts");
  await writeFile(file, text);
  return file;
}

await describeWith("redis", "the README", () => {
  it("has an example that leads, releases when it is told to stop, and ends", async () => {
    await using server = await startRedis();
    const text = example.replace("port: 6379", `port: ${server.port}`);
    expect(text).not.toBe(example);
    const child = spawn(process.execPath, [await installed(text)], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = once(child, "exit");
    // An example that ends early gives its exit code here instead of a line.
    const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
    expect(String(line)).toMatch(/^leading, fencing token \d{16}$/);
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    const record: unknown = JSON.parse(String(await server.command("HGET", "lease:{scheduler}", "record")));
    expect(record).toMatchObject({ holderIdentity: "", leaseDurationMs: 1000 });
  });

  it("has options that a lock takes", () => {
    const take = new Function("RedisLock", "redis", `return ${options}`);
    // What the block returns.
    const lock = take(RedisLock, { port: 1 }) as RedisLock;
    expect(lock.description).toBe("redis lease:{scheduler}");
    expect(lock.capabilities.durability).toBe("single-node");
  });

  it("has a way to delete a record that a watch hears of", async () => {
    const commands = [...readme.matchAll(/`((?:DEL|PUBLISH) lease:\{scheduler\}[^`]*)`/g)].map(
      ([, command = ""]) => command.replaceAll('""', "").split(" "),
    );
    expect(commands.map(([name]) => name)).toEqual(["DEL", "PUBLISH"]);
    await using server = await startRedis();
    await using lock = new RedisLock({ redis: { port: server.port }, name: "scheduler" });
    const ending = new AbortController();
    onTestFinished(() => ending.abort());
    const events = lock.watch({ signal: ending.signal })[Symbol.asyncIterator]();
    expect(await events.next()).toEqual({ done: false, value: { kind: "resync" } });
    for (const command of commands) await server.command(...command);
    expect(await events.next()).toEqual({ done: false, value: { kind: "deleted" } });
  });
});
