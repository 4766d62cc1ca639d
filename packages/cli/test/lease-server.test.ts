import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeWithServers } from "@tenure/testbed/vitest";
import { afterAll, expect, it } from "vitest";
import { expectToMatch, schema } from "./schemas.fixture.ts";
import { RunningTenure, tenure, tenureJson } from "./tenure.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "tenure-lease-server-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Listening {
  readonly url: string;
  readonly lock: string;
}

describeWithServers("tenure lease-server", (testbed) => {
  it("serves locks and kubectl over HTTPS, with the kubeconfig that it wrote", async () => {
    const kubeconfig = join(folder, "kubeconfig");
    // One from before is no reason to show a token to everybody.
    writeFileSync(kubeconfig, "{}", { mode: 0o644 });
    const args = ["--port", "0", "--tls", "--write-kubeconfig", kubeconfig, "--log", "--json"];
    await using server = new RunningTenure(["lease-server", ...args]);
    await server.waitForStdout(1);
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);

    const led = ["run", "--lock", "k8s://jobs/app", "--kubeconfig", kubeconfig, "--once", "--", "true"];
    expect((await tenure(led)).exit).toBe(0);
    const { stdout } = await testbed.kubectl(["get", "lease", "-n", "jobs", "-o", "name"], {
      kubeconfigPath: kubeconfig,
    });
    expect(stdout).toBe("lease.coordination.k8s.io/app\n");

    // The same by the server's own scheme, with the certificate out of that file.
    const ca = JSON.parse(readFileSync(kubeconfig, "utf8")).clusters[0].cluster["certificate-authority-data"];
    const caFile = join(folder, "ca.pem");
    writeFileSync(caFile, Buffer.from(ca, "base64"));
    const [{ lock }] = server.documents<Listening>() as [Listening];
    const url = lock.replace("NAMESPACE/NAME", "jobs/app");
    expect(url).toMatch(/^lease-servers:/);
    const seen = await tenureJson("status", ["status", url, "--ca-file", caFile]);
    expect(seen).toMatchObject({ exit: 1, document: { state: "free", clock: { source: "store" } } });
    const listed = await tenureJson("ls", ["ls", url.replace("/app", ""), "--ca-file", caFile]);
    expect(listed.document).toMatchObject({ namespace: "jobs", locks: [{ name: "app", state: "free" }] });

    expect((await server.interrupt()).exit).toBe(0);
    const validate = schema("lease-server-event");
    for (const document of server.documents()) expectToMatch(validate, document);
    expect(server.documents()).toContainEqual(expect.objectContaining({ event: "request", verb: "create" }));
  });

  it("keeps leases in --data over a kill -9", async () => {
    const data = join(folder, "leases.journal");
    for (const state of ["absent", "free"]) {
      await using server = new RunningTenure(["lease-server", "--port", "0", "--data", data, "--json"]);
      await server.waitForStdout(1);
      const [{ lock }] = server.documents<Listening>() as [Listening];
      const url = lock.replace("NAMESPACE/NAME", "default/app");
      expect((await tenureJson<{ readonly state: string }>("status", ["status", url])).document.state).toBe(
        state,
      );
      expect((await tenure(["run", "--lock", url, "--once", "--", "true"])).exit).toBe(0);
      server.process.kill("SIGKILL");
      expect((await server.ended).exit).toBe("SIGKILL");
    }
  });
});

it("warns where everybody may do everything from anywhere", async () => {
  await using server = new RunningTenure(["lease-server", "--port", "0", "--host", "0.0.0.0"]);
  await server.waitForStdout(1);
  const { exit, stdout, stderr } = await server.interrupt();
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^Serving leases at http:\/\/127\.0\.0\.1:\d+ /);
  expect(stderr).toBe("tenure: whoever reaches 0.0.0.0 may do everything: give --tokens\n");
});
