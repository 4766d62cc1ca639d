/** kubectl, unchanged, says the same of lease-server as of the real kube-apiserver. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLeaseServer } from "@tenure/lease-server";
import { pollUntil } from "@tenure/testbed";
import { describeWithServers } from "@tenure/testbed/vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type KubectlResult,
  type KubectlTarget,
  kubectl,
  normaliseOutput,
  RunningKubectl,
} from "./kubectl.fixture.ts";
import { type Served, serve } from "./served.fixture.ts";

/** A command line without `kubectl`; words are split at spaces, but for those in quotes. */
interface Command {
  readonly line: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function run(line: string, input?: unknown, env?: Readonly<Record<string, string>>): Command {
  return {
    line,
    ...(input !== undefined && { input: typeof input === "string" ? input : JSON.stringify(input) }),
    ...(env && { env }),
  };
}

function lease(name: string, spec: object = {}, metadata: object = {}): object {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name, ...metadata }, spec };
}

const HELD = lease(
  "a",
  {
    holderIdentity: "replica-1",
    leaseDurationSeconds: 15,
    acquireTime: "2026-11-25T10:00:00.123456Z",
    renewTime: "2026-11-25T10:00:05.654321Z",
    leaseTransitions: 3,
  },
  { labels: { app: "demo" } },
);
const HELD_BY = "{.spec.holderIdentity}";

/** What is typed, by theme; each theme has a namespace of its own. */
const THEMES: Readonly<Record<string, readonly Command[]>> = {
  "creates and gets": [
    run("get leases"),
    run("create -f -", HELD),
    run("create -f -", HELD),
    run("create -f - --dry-run=server -o name", lease("b")),
    run("create -f - --validate=strict", lease("c", { nonsense: 1 })),
    run("create -f - --validate=warn", lease("c", { nonsense: 1 })),
    run("create -f -", lease("d", { renewTime: "2026-11-25T10:00:05Z" })),
    run("create -f -", lease("e", { leaseDurationSeconds: 0 })),
    run("get leases"),
    run("get lease a c"),
    run("get lease missing"),
    run("get lease missing --ignore-not-found"),
    run("get leases -o wide --show-labels"),
    run("get leases -o name"),
    run("get lease a -o yaml --show-managed-fields"),
    run("get lease a -o json"),
    run("get leases -o yaml"),
    run(`get lease a -o jsonpath=${HELD_BY}`),
    run("get leases -o custom-columns=NAME:.metadata.name,HOLDER:.spec.holderIdentity"),
    run("get leases -l app=demo"),
    run("get leases -l app!=demo"),
    run("get leases -l =="),
    run("get leases --field-selector metadata.name=c"),
    run("get leases --field-selector spec.holderIdentity=x"),
    run("get leases --chunk-size=1"),
    run("get leases --sort-by=.metadata.name --no-headers"),
    run("get leases.v1.coordination.k8s.io/a -o name"),
    run("describe lease a"),
    run("describe leases -l app=demo"),
    run("describe lease missing"),
  ],
  "applies on the client's side": [
    run("apply -f -", HELD),
    run("apply -f -", HELD),
    run("apply -f -", lease("a", { holderIdentity: "replica-2" })),
    run("get lease a -o yaml"),
    run("apply -f - --dry-run=server", lease("a", { holderIdentity: "replica-3" })),
    run("apply -f - --dry-run=client -o yaml", lease("a", { holderIdentity: "replica-3" })),
    run("diff -f -", lease("a", { holderIdentity: "replica-2" })),
    run("apply view-last-applied lease/a"),
    run(
      "apply -f - --prune -l app=demo --prune-allowlist=coordination.k8s.io/v1/Lease",
      lease("b", {}, { labels: { app: "demo" } }),
    ),
    run("apply -f -", lease("a", { leaseDurationSeconds: -1 })),
    run("delete -f -", lease("a")),
  ],
  "applies on the server's side": [
    run("apply --server-side -f -", HELD),
    run("apply --server-side -f -", HELD),
    run("apply --server-side --field-manager=other -f -", lease("a", { holderIdentity: "replica-2" })),
    run(
      "apply --server-side --field-manager=other --force-conflicts -f -",
      lease("a", { holderIdentity: "replica-2" }),
    ),
    run("apply --server-side -f - --dry-run=server", lease("a")),
    run("apply --server-side -f -", lease("a")),
    run("get lease a -o yaml"),
    run("apply --server-side -f -", lease("a", { nonsense: 1 })),
    run("diff --server-side --field-manager=other -f -", lease("a", { holderIdentity: "replica-2" })),
  ],
  "patches, labels, annotates, replaces and edits": [
    run("create -f -", HELD),
    run(`patch lease a --type=merge -p {"spec":{"holderIdentity":"m"}}`),
    run(`patch lease a --type=strategic -p {"spec":{"holderIdentity":"s"}}`),
    run(`patch lease a --type=json -p [{"op":"replace","path":"/spec/holderIdentity","value":"j"}]`),
    run(`patch lease a --type=json -p [{"op":"test","path":"/spec/holderIdentity","value":"x"}]`),
    run(`patch lease a --type=merge -p {"spec":{"leaseDurationSeconds":0}}`),
    run(`patch lease a --type=merge -p {"spec":{"holderIdentity":"j"}}`),
    run(`patch lease missing --type=merge -p {}`),
    run(
      `patch lease a --dry-run=server --type=merge -p {"spec":{"holderIdentity":"dry"}} -o jsonpath=${HELD_BY}`,
    ),
    run("label lease a tier=1"),
    run("label lease a tier=2"),
    run("label lease a tier=2 --overwrite"),
    run("label lease a tier-"),
    run("label lease a tier=no!"),
    run("label leases --all x=y"),
    run("annotate lease a example.com/note=hello"),
    run("annotate lease a example.com/note-"),
    run("replace -f -", lease("a", { holderIdentity: "replaced" })),
    run("replace --force -f -", lease("a", { holderIdentity: "forced" })),
    run("edit lease a", "", { KUBE_EDITOR: "sed -i s/forced/edited/" }),
    run(`get lease a -o jsonpath=${HELD_BY}`),
    run("get lease a -o yaml"),
  ],
  deletes: [
    run("create -f -", HELD),
    run("create -f -", lease("b", {}, { labels: { app: "demo" } })),
    run("create -f -", lease("c")),
    run("create -f -", lease("guarded", {}, { finalizers: ["example.com/guard"] })),
    run("delete lease a --dry-run=server"),
    run("delete lease a"),
    run("delete lease a"),
    run("delete lease a --ignore-not-found"),
    run("delete leases -l app=demo"),
    run("delete lease guarded --wait=false"),
    run("get lease guarded -o jsonpath={.metadata.finalizers}"),
    run(`patch lease guarded --type=merge -p {"metadata":{"finalizers":null}}`),
    run("delete lease c --cascade=orphan --wait=false"),
    run("delete leases --all --wait=false"),
    run("delete lease b --grace-period=0 --force"),
  ],
  waits: [
    run("create -f -", HELD),
    run("wait --for=create lease/a --timeout=5s"),
    run(`wait --for=jsonpath=${HELD_BY}=replica-1 lease/a --timeout=5s`),
    run(`wait --for=jsonpath=${HELD_BY}=nobody lease/a --timeout=1s`),
    run("wait --for=delete lease/missing --timeout=5s"),
    run("wait --for=condition=Ready lease/a --timeout=1s"),
  ],
  "explains and discovers": [
    run("explain leases.spec.nonsense"),
    run("get --raw /readyz"),
    run("get --raw /apis/coordination.k8s.io/v1/nonsense"),
    run("auth can-i get leases"),
    run("auth can-i create leases/status"),
    run("auth can-i delete lease/a"),
    run("get nonsense"),
  ],
  "makes namespaces": [
    run("get namespace NAMESPACE -o jsonpath={.status.phase}"),
    run("create namespace NAMESPACE"),
    run("create namespace Not-Valid"),
    run("create namespace NAMESPACE-more"),
    run("get namespace NAMESPACE-more --no-headers"),
    run("get namespace missing"),
  ],
};

describeWithServers("kubectl", (testbed) => {
  let served: Served;
  let folder: string;

  beforeAll(async () => {
    served = await serve();
    folder = mkdtempSync(join(tmpdir(), "tenure-kubectl-"));
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await served[Symbol.asyncDispose]();
  });

  /** The two servers, with a new namespace on both. */
  const targets = async (): Promise<{ readonly real: KubectlTarget; readonly ours: KubectlTarget }> => {
    const namespace = await testbed.createNamespace("kubectl");
    const path = testbed.kubectlPath;
    const real: KubectlTarget = {
      path,
      namespace,
      kubeconfigPath: testbed.adminKubeconfigPath,
      cacheFolder: join(folder, "real"),
    };
    const ours = { ...real, kubeconfigPath: served.kubeconfigPath, cacheFolder: join(folder, "ours") };
    await kubectl(ours, ["create", "namespace", namespace]);
    return { real, ours };
  };

  describe("says the same of lease-server as of the real one when it", () => {
    for (const [theme, commands] of Object.entries(THEMES)) {
      it(theme, async () => {
        const { real, ours } = await targets();
        const [ofReal, ofOurs] = await Promise.all([typeAll(real, commands), typeAll(ours, commands)]);
        // One by one: a difference names its command.
        for (const [index, { line }] of commands.entries()) {
          expect({ line, ...ofOurs[index] }).toEqual({ line, ...ofReal[index] });
        }
      });
    }
  });

  it("finds Leases among the resources", async () => {
    for (const target of Object.values(await targets())) {
      const { stdout } = await kubectl(target, [
        "api-resources",
        "--api-group=coordination.k8s.io",
        "--no-headers",
        "-o",
        "wide",
      ]);
      const leases = stdout.split("\n").find((line) => line.startsWith("leases "));
      expect(leases?.split(/ +/)).toEqual([
        "leases",
        "coordination.k8s.io/v1",
        "true",
        "Lease",
        "create,delete,deletecollection,get,list,patch,update,watch",
        "",
      ]);
    }
  });

  it("explains the fields of a Lease, each with its type", async () => {
    const { real, ours } = await targets();
    // The descriptions are lease-server's own.
    const fieldsOf = async (target: KubectlTarget): Promise<readonly string[]> => {
      const { stdout } = await kubectl(target, ["explain", "lease", "--recursive"]);
      return stdout.split("\n").filter((line) => /^ +\w+\t</.test(line));
    };
    const fields = await fieldsOf(ours);
    expect(fields).toEqual(await fieldsOf(real));
    expect(fields).toContain("    holderIdentity\t<string>");
  });

  it("waits for a holder, and is told at once", async () => {
    for (const target of Object.values(await targets())) {
      await kubectl(target, ["create", "-f", "-"], JSON.stringify(HELD));
      const waiting = kubectl(target, [
        "wait",
        "lease/a",
        `--for=jsonpath=${HELD_BY}=replica-2`,
        "--timeout=20s",
      ]);
      await kubectl(target, [
        "patch",
        "lease",
        "a",
        "--type=merge",
        "-p",
        '{"spec":{"holderIdentity":"replica-2"}}',
      ]);
      expect(await waiting).toMatchObject({
        exitCode: 0,
        stdout: "lease.coordination.k8s.io/a condition met\n",
      });
      const gone = kubectl(target, ["wait", "lease/a", "--for=delete", "--timeout=20s"]);
      await kubectl(target, ["delete", "lease", "a"]);
      expect(await gone).toMatchObject({ exitCode: 0 });
    }
  });

  it("shows every change with -w", async () => {
    const { real, ours } = await targets();
    const shown = await Promise.all([real, ours].map(watched));
    expect(shown[1]).toEqual(shown[0]);
    expect(shown[0]).toHaveLength(5);
  });

  it("needs neither TLS nor a token where the server has none", async () => {
    await using plain = await startLeaseServer();
    const kubeconfigPath = join(folder, "plain.kubeconfig");
    writeFileSync(kubeconfigPath, plain.kubeconfigText());
    const target = {
      path: testbed.kubectlPath,
      namespace: "new",
      kubeconfigPath,
      cacheFolder: join(folder, "plain"),
    };
    expect(await kubectl(target, ["apply", "--server-side", "-f", "-"], JSON.stringify(HELD))).toEqual({
      exitCode: 0,
      stdout: "lease.coordination.k8s.io/a serverside-applied\n",
      stderr: "",
    });
  });

  it("may do with a token what its rules say, and names what it may not", async () => {
    const namespace = await testbed.createNamespace("kubectl");
    const rule = {
      apiGroups: ["coordination.k8s.io"],
      resources: ["leases"],
      resourceNames: ["a"],
      verbs: ["get"],
    };
    const { kubeconfigPath } = await testbed.serviceAccount({ namespace, name: "app", role: [rule] });
    const path = testbed.kubectlPath;
    const real = { path, namespace, kubeconfigPath, cacheFolder: join(folder, "real-app") };
    await using limited = await serve([
      { token: "app-token", user: `system:serviceaccount:${namespace}:app`, rules: [rule] },
    ]);
    const ours = { ...real, kubeconfigPath: limited.kubeconfigPath, cacheFolder: join(folder, "ours-app") };
    const commands = [
      run("auth can-i get lease/a"),
      run("auth can-i get lease/b"),
      run("auth can-i list leases"),
      run("get lease a"),
      run("get lease b"),
      run("get leases"),
      run("create -f - --validate=false", HELD),
      run("delete lease a"),
    ];
    const [ofReal, ofOurs] = await Promise.all([typeAll(real, commands), typeAll(ours, commands)]);
    for (const [index, { line }] of commands.entries()) {
      expect({ line, ...ofOurs[index] }).toEqual({ line, ...ofReal[index] });
    }
  });
});

async function typeAll(target: KubectlTarget, commands: readonly Command[]): Promise<KubectlResult[]> {
  const results: KubectlResult[] = [];
  const seen = { namespace: target.namespace, uids: [] };
  for (const { line, input, env } of commands) {
    const args = line.split(" ").map((word) => word.replace("NAMESPACE", target.namespace));
    const { exitCode, stdout, stderr } = await kubectl(target, args, input, env);
    results.push({ exitCode, stdout: normaliseOutput(stdout, seen), stderr: normaliseOutput(stderr, seen) });
  }
  return results;
}

/** The lines of `get -w` while a lease is made, changed, changed and deleted. */
async function watched(target: KubectlTarget): Promise<string[]> {
  await kubectl(target, ["create", "-f", "-"], JSON.stringify(HELD));
  const columns = "custom-columns=NAME:.metadata.name,HOLDER:.spec.holderIdentity";
  await using watching = new RunningKubectl(target, [
    "get",
    "leases",
    "-w",
    "--output-watch-events",
    "-o",
    columns,
  ]);
  const showing = async (count: number): Promise<void> => {
    await pollUntil(() => watching.lines.length >= count, {
      what: () => `${count} lines of kubectl get -w; it said ${JSON.stringify(watching.lines)}`,
      timeoutMs: 20_000,
    });
  };
  await showing(2); // the head, and what there is
  await kubectl(target, ["create", "-f", "-"], JSON.stringify(lease("b")));
  await kubectl(target, ["patch", "lease", "a", "--type=merge", "-p", '{"spec":{"holderIdentity":"y"}}']);
  await kubectl(target, ["delete", "lease", "a"]);
  await showing(5);
  return [...watching.lines];
}
