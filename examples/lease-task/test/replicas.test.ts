import { pollUntil } from "@tenure/testbed";
import { describeWithServers } from "@tenure/testbed/vitest";
import { afterEach, expect, it } from "vitest";
import { type Replica, startReplica } from "../replica.ts";
import { durations, durationVariables } from "./tenure-participant.ts";

const TIMING = durations({ leaseDurationMs: 4_000, renewDeadlineMs: 2_500, retryPeriodMs: 1_000 });
const LEADS = "I am the leader, performing the task...";
const WORKS = "Leader executing task...";
const TOLD = "Context canceled, stopping task...";
const STOPPED = "I am not the leader anymore, stopping tasks...";

const texts = ({ lines }: Replica): string[] => lines.map(({ text }) => text);
const at = ({ lines }: Replica, text: string): number =>
  lines.find((line) => line.text === text)?.atMs ?? Number.NaN;

describeWithServers("three replicas of the example on a real apiserver", (testbed) => {
  const started: Replica[] = [];

  afterEach(async () => {
    for (const replica of started.splice(0)) {
      replica.process.kill("SIGKILL");
      await replica.exited;
    }
  });

  async function threeReplicas(): Promise<{ leader: Replica; standbys: Replica[]; namespace: string }> {
    const namespace = await testbed.createNamespace();
    for (const name of ["pod-1", "pod-2", "pod-3"]) {
      started.push(
        startReplica(name, {
          ...durationVariables(TIMING),
          KUBECONFIG: testbed.adminKubeconfigPath,
          LEASE_NAMESPACE: namespace,
        }),
      );
    }
    const leader = await leaderOf(started);
    const standbys = started.filter((replica) => replica !== leader);
    // Everybody has seen the leader: from here on a hand-over is theirs to make.
    await pollUntil(
      () => standbys.every(({ stderr }) => stderr.some(({ text }) => text.includes(leader.name))),
      {
        what: "both standbys to see the leader",
        timeoutMs: 30_000,
      },
    );
    return { leader, standbys, namespace };
  }

  async function leaderOf(replicas: readonly Replica[], timeoutMs = 60_000): Promise<Replica> {
    return await pollUntil(() => replicas.find((replica) => texts(replica).includes(LEADS)), {
      what: () =>
        `a leader; stderr: ${JSON.stringify(replicas.map(({ stderr }) => stderr.map(({ text }) => text)))}`,
      timeoutMs,
      intervalMs: 5,
    });
  }

  it("prints the original's lines, and hands over on SIGTERM: drained, released, exit 0", async () => {
    const { leader, standbys, namespace } = await threeReplicas();
    await pollUntil(() => texts(leader).includes(WORKS), { what: "the task to work", timeoutMs: 10_000 });
    leader.process.kill("SIGTERM");
    expect(await leader.exited).toBe(0);
    expect(texts(leader)).toEqual([LEADS, ...texts(leader).filter((text) => text === WORKS), TOLD, STOPPED]);
    const successor = await leaderOf(standbys);
    expect(at(leader, TOLD)).toBeLessThanOrEqual(at(successor, LEADS));
    // Released, not expired: no standby had to wait for the lease.
    expect(at(successor, LEADS) - at(leader, TOLD)).toBeLessThan(
      TIMING.leaseDurationMs - TIMING.retryPeriodMs,
    );
    const { spec } = await testbed.requestOk<{ spec: { holderIdentity: string; leaseTransitions: number } }>(
      "GET",
      `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/example-lease`,
    );
    expect(spec.holderIdentity).toMatch(new RegExp(`^${successor.name}_[0-9a-f]{8}$`));
    expect(spec.leaseTransitions).toBe(1);
  });

  it("after SIGKILL another leads no earlier than the lease allows, and no later than its expiry plus one jittered retry", async () => {
    const { leader, standbys, namespace } = await threeReplicas();
    const lease = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/example-lease`;
    leader.process.kill("SIGKILL");
    await leader.exited;
    // Nobody renews any more: what it wrote last, and (same machine, same clock) when.
    const { spec } = await testbed.requestOk<{ spec: { renewTime: string } }>("GET", lease);
    const successor = await leaderOf(standbys);
    const after = await testbed.requestOk<{ spec: { acquireTime: string; holderIdentity: string } }>(
      "GET",
      lease,
    );
    expect(after.spec.holderIdentity.startsWith(successor.name)).toBe(true);
    const waitedMs = Date.parse(after.spec.acquireTime) - Date.parse(spec.renewTime);
    expect(waitedMs).toBeGreaterThanOrEqual(TIMING.leaseDurationMs);
    // Expiry counts from the first sight of the last renewal; one failed or lost attempt costs a jittered retry.
    const slackMs = 1_000; // processes on shared cores
    expect(waitedMs).toBeLessThanOrEqual(TIMING.leaseDurationMs + 1.2 * TIMING.retryPeriodMs + slackMs);
    console.log(
      `crash fail-over: acquired ${waitedMs} ms after the last renewal (lease ${TIMING.leaseDurationMs} ms)`,
    );
  });

  it("a configuration error is one clear line and exit 1", async () => {
    for (const [variables, message] of [
      [{ LEASE_DURATION_MS: "15" }, "that looks like seconds"],
      [{ LEASE_DURATION_MS: "ten" }, 'Expected LEASE_DURATION_MS in whole milliseconds, got "ten"'],
      [
        { RENEW_DEADLINE_MS: "15000" },
        "Expected `renewDeadlineMs` below `leaseDurationMs` (15000), got 15000",
      ],
      [{ LEASE_NAME: "Not_A_Name" }, "Not_A_Name"],
      [{ KUBECONFIG: "/nowhere/config" }, "/nowhere/config"],
    ] as const) {
      const replica = startReplica("pod", { KUBECONFIG: testbed.adminKubeconfigPath, ...variables });
      started.push(replica);
      expect(await replica.exited).toBe(1);
      expect(replica.stderr.map(({ text }) => text)).toEqual([expect.stringContaining(message)]);
      expect(replica.lines).toEqual([]);
    }
  });

  it("warns where POD_NAME is unset, and uses the host name", async () => {
    const namespace = await testbed.createNamespace();
    const replica = startReplica("", { KUBECONFIG: testbed.adminKubeconfigPath, LEASE_NAMESPACE: namespace });
    started.push(replica);
    await leaderOf([replica]);
    expect(replica.stderr[0]?.text).toBe("POD_NAME is not set, using the host name");
    replica.process.kill("SIGINT");
    expect(await replica.exited).toBe(0);
  });
});
