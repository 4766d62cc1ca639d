import { readFile } from "node:fs/promises";
import { pollUntil } from "@tenure/testbed";
import { describeWithServers } from "@tenure/testbed/vitest";
import { afterEach, expect, it } from "vitest";
import { type Replica, startReplica } from "../replica.ts";
import { durationVariables } from "./tenure-participant.ts";

const LEADS = "I am the leader, performing the task...";
const TIMING = durationVariables({ leaseDurationMs: 4_000, renewDeadlineMs: 2_500, retryPeriodMs: 500 });

describeWithServers("the example's manifests and permissions on a real apiserver", (testbed) => {
  const started: Replica[] = [];

  afterEach(async () => {
    for (const replica of started.splice(0)) {
      replica.process.kill("SIGKILL");
      await replica.exited;
    }
  });

  /** The manifests are for `default`; every test gets a namespace of its own. */
  async function manifest(name: string, namespace: string): Promise<string> {
    const text = await readFile(new URL(`../manifests/${name}.yaml`, import.meta.url), "utf8");
    return text.replaceAll("namespace: default", `namespace: ${namespace}`);
  }

  /** Credentials of the manifests' ServiceAccount, which they create. */
  async function kubeconfig(namespace: string): Promise<string> {
    const { stdout } = await testbed.kubectl(["create", "token", "-n", namespace, "leader-election-sa"]);
    return testbed.kubeconfigFor({ token: stdout.trim(), namespace, server: testbed.apiserverUrl });
  }

  async function apply(text: string): Promise<void> {
    await testbed.kubectl(["apply", "-f", "-"], { input: text });
  }

  function start(name: string, namespace: string, kubeconfigPath: string): Replica {
    const replica = startReplica(name, { ...TIMING, KUBECONFIG: kubeconfigPath, LEASE_NAMESPACE: namespace });
    started.push(replica);
    return replica;
  }

  async function leaderOf(replicas: readonly Replica[]): Promise<Replica> {
    return await pollUntil(() => replicas.find(({ lines }) => lines.some(({ text }) => text === LEADS)), {
      what: () =>
        `a leader; stderr ${JSON.stringify(replicas.flatMap(({ stderr }) => stderr.map(({ text }) => text)))}`,
      timeoutMs: 60_000,
    });
  }

  /** Create, renew, watch, take over, release: as this account. */
  async function everythingWorks(namespace: string, kubeconfigPath: string): Promise<void> {
    const [one, two] = [start("one", namespace, kubeconfigPath), start("two", namespace, kubeconfigPath)];
    const leader = await leaderOf([one, two]);
    const standby = leader === one ? two : one;
    await pollUntil(() => standby.stderr.length > 0, {
      what: "the standby to see the leader",
      timeoutMs: 30_000,
    });
    leader.process.kill("SIGTERM");
    expect(await leader.exited).toBe(0);
    await leaderOf([standby]);
    standby.process.kill("SIGTERM");
    expect(await standby.exited).toBe(0);
    const complaints = [...one.stderr, ...two.stderr].filter(
      ({ text }) => !text.startsWith("The leader is "),
    );
    expect(complaints).toEqual([]); // not even an anomaly of the watch
  }

  it("everything works with the original's Role, and its Deployment is accepted", async () => {
    const namespace = await testbed.createNamespace();
    await apply(await manifest("deployment", namespace));
    await apply(await manifest("role", namespace));
    const { stdout } = await testbed.kubectl([
      "get",
      "deployment",
      "-n",
      namespace,
      "lease-task",
      "-o",
      "json",
    ]);
    const [container] = JSON.parse(stdout).spec.template.spec.containers;
    expect(container.env).toContainEqual({
      name: "POD_NAME",
      valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } },
    });
    await everythingWorks(namespace, await kubeconfig(namespace));
  });

  it("everything works with the least-privilege Role alone", async () => {
    const namespace = await testbed.createNamespace();
    await apply(await manifest("deployment", namespace));
    await apply(await manifest("role-least-privilege", namespace));
    await everythingWorks(namespace, await kubeconfig(namespace));
  });

  it("without `watch` in the Role: one anomaly, and polling does it", async () => {
    const namespace = await testbed.createNamespace();
    const { kubeconfigPath } = await testbed.serviceAccount({
      namespace,
      name: "no-watch",
      role: [
        { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] },
      ],
    });
    const [one, two] = [start("one", namespace, kubeconfigPath), start("two", namespace, kubeconfigPath)];
    const leader = await leaderOf([one, two]);
    const standby = leader === one ? two : one;
    const anomalies = ({ stderr }: Replica) =>
      stderr.filter(({ text }) => text.startsWith("watch-unavailable: ")).map(({ text }) => text);
    await pollUntil(() => anomalies(standby).length > 0, { what: "the anomaly", timeoutMs: 30_000 });
    leader.process.kill("SIGTERM");
    expect(await leader.exited).toBe(0);
    await leaderOf([standby]);
    expect(anomalies(standby)).toEqual([expect.stringContaining("may not watch leases.coordination.k8s.io")]);
  });

  it("without any Role: a clear 403 and no crash; it leads once the Role is bound", async () => {
    const namespace = await testbed.createNamespace();
    await apply(await manifest("deployment", namespace));
    const replica = start("one", namespace, await kubeconfig(namespace));
    const denied = await pollUntil(() => replica.stderr.find(({ text }) => text.includes("leases")), {
      what: "a complaint",
      timeoutMs: 30_000,
    });
    expect(denied.text).toContain("get");
    expect(denied.text).toContain(namespace);
    expect(denied.text).toContain(`system:serviceaccount:${namespace}:leader-election-sa`);
    expect(replica.stderr.map(({ text }) => text).join("\n")).toContain("coordination.k8s.io");
    expect(replica.process.exitCode).toBeNull();
    await apply(await manifest("role", namespace));
    await leaderOf([replica]);
    replica.process.kill("SIGTERM");
    expect(await replica.exited).toBe(0);
  });
});
