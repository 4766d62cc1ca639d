import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startEtcdServers } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { expect, it, onTestFinished } from "vitest";
import { EtcdLock } from "../src/index.ts";
import { CALL, failure, present, record } from "./world.fixture.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

/** The code blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, text = ""]) => text,
  );
}

/** The example as a file of a user's project, which has the packages by name. Gone after the test, also when that times out. */
async function installed(example: string): Promise<string> {
  const project = await mkdtemp(join(tmpdir(), "tenure-readme-"));
  onTestFinished(() => rm(project, { recursive: true, force: true }));
  const packages = join(project, "node_modules", "@tenure");
  await mkdir(packages, { recursive: true });
  for (const name of ["core", "lock-etcd"]) {
    await symlink(fileURLToPath(new URL(`../../${name}`, import.meta.url)), join(packages, name));
  }
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module" }));
  const file = join(project, "example.ts");
  await writeFile(file, example);
  return file;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

await describeWith("etcd-3.7", "the README", () => {
  it("has an example that leads, and releases when it is told to stop, with the value that it shows", async () => {
    await using servers = await startEtcdServers({ version: "3.7" });
    const example = present(blocks("ts")[0]);
    expect(example).toContain("http://127.0.0.1:2379");
    const child = spawn(
      process.execPath,
      [await installed(example.replace("http://127.0.0.1:2379", present(servers.urls[0])))],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = once(child, "exit");
    // An example that ends early gives its exit code here instead of a line.
    const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
    expect(String(line)).toMatch(/^leading, fencing token \d+$/);
    const stored = JSON.parse(present(await servers.get("/tenure/example"))) as object;
    expect(Object.keys(stored).sort()).toEqual(Object.keys(JSON.parse(present(blocks("json")[0]))).sort());
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(JSON.parse(present(await servers.get("/tenure/example")))).toMatchObject({
      holderIdentity: "",
      leaseDurationMs: 1000,
    });
  });

  it("has commands that make a user who may lead, and nothing more", async () => {
    await using servers = await startEtcdServers({ version: "3.7", auth: { rootPassword: "root-password" } });
    const commands = present(blocks("sh")[0]).trim().split("\n");
    // As etcdctl understands them, which is not on every machine.
    for (const command of commands) {
      const [etcdctl, what, verb, ...args] = command.split(" ");
      expect(etcdctl).toBe("etcdctl");
      const [name = "", second = "", key = ""] = args;
      switch (`${what} ${verb}`) {
        case "role add":
          await servers.call("auth/role/add", { name });
          break;
        case "role grant-permission":
          await servers.call("auth/role/grant", {
            name,
            perm: { permType: second.toUpperCase(), key: base64(key) },
          });
          break;
        case "user add":
          await servers.call("auth/user/add", { name, password: "user-password" });
          break;
        case "user grant-role":
          await servers.call("auth/user/grant", { user: name, role: second });
          break;
        default:
          expect.fail(`no such command: ${command}`);
      }
    }
    const etcd = { hosts: servers.urls, auth: { username: "example", password: "user-password" } };
    await using lock = new EtcdLock({ etcd, name: "example" });
    const created = await lock.create(record(), CALL);
    await lock.update(record({ holderIdentity: "" }), created, CALL);
    await using other = new EtcdLock({ etcd, name: "example2" });
    expect(await failure(other.get(CALL))).toMatchObject({ code: "ERR_LOCK_FORBIDDEN" });
  });
});
