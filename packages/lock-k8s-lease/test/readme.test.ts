import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { describeWithServers } from "@tenure/testbed/vitest";
import { expect, it } from "vitest";
import { leasePath, present } from "./world.fixture.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

/** The code blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, text = ""]) => text,
  );
}

describeWithServers("the README", (testbed) => {
  it("has an example that leads, and releases when it is told to stop", async () => {
    const namespace = await testbed.createNamespace("readme");
    // Beside the package's own imports, and never left behind.
    const file = new URL(`./readme-example-${process.pid}.tmp.ts`, import.meta.url);
    const example = present(blocks("ts")[0]).replace('namespace: "default"', `namespace: "${namespace}"`);
    await writeFile(file, example);
    const child = spawn(process.execPath, [file.pathname], {
      env: { ...process.env, KUBECONFIG: testbed.adminKubeconfigPath, KUBERNETES_SERVICE_HOST: "" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const ended = once(child, "exit");
      const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
      expect(line).toMatch(/^leading, fencing token \d+$/);
      child.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
    } finally {
      child.kill("SIGKILL");
      await rm(file);
    }
    const lease = await testbed.requestOk<{ spec: object }>("GET", leasePath(namespace, "example-lease"));
    expect(lease.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
  });

  it("has manifests that the API server accepts", async () => {
    const manifests = blocks("yaml");
    expect(manifests).toHaveLength(3);
    for (const input of manifests) await testbed.kubectl(["apply", "--dry-run=server", "-f", "-"], { input });
  });
});
