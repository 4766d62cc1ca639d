import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describeWithServers } from "@tenure/testbed/vitest";
import { expect, it, onTestFinished } from "vitest";
import { leasePath, present } from "./world.fixture.ts";

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
  for (const name of ["core", "lock-k8s-lease"]) {
    await symlink(fileURLToPath(new URL(`../../${name}`, import.meta.url)), join(packages, name));
  }
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module" }));
  const file = join(project, "example.ts");
  await writeFile(file, example);
  return file;
}

describeWithServers("the README", (testbed) => {
  it("has an example that leads, and releases when it is told to stop", async () => {
    const namespace = await testbed.createNamespace("readme");
    const example = present(blocks("ts")[0]).replace('namespace: "default"', `namespace: "${namespace}"`);
    const child = spawn(process.execPath, [await installed(example)], {
      env: { ...process.env, KUBECONFIG: testbed.adminKubeconfigPath, KUBERNETES_SERVICE_HOST: "" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = once(child, "exit");
    // An example that ends early gives its exit code here instead of a line.
    const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
    expect(String(line)).toMatch(/^leading, fencing token \d+$/);
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    const lease = await testbed.requestOk<{ spec: object }>("GET", leasePath(namespace, "example-lease"));
    expect(lease.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
  });

  it("has manifests that the API server accepts", async () => {
    const manifests = blocks("yaml");
    expect(manifests).toHaveLength(3);
    for (const input of manifests) await testbed.kubectl(["apply", "--dry-run=server", "-f", "-"], { input });
  });
});
