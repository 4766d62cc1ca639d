/** Two Tenure and two client-go processes on one Lease; the leader is ended twenty times, gracefully and not. */
import { setTimeout as sleep } from "node:timers/promises";
import { type ClientGoParticipant, pollUntil } from "@tenure/testbed";
import { describeWithServers } from "@tenure/testbed/vitest";
import { afterEach, expect, it } from "vitest";
import { durations, TenureParticipant } from "./tenure-participant.ts";

const ROUNDS = 20;
const TIMING = durations({ leaseDurationMs: 4_000, renewDeadlineMs: 2_500, retryPeriodMs: 500 });

/** A task's life: from its start until it was told to stop, or killed. */
interface Interval {
  readonly identity: string;
  readonly fromMs: number;
  readonly toMs: number;
}

interface Member {
  readonly kind: "tenure" | "client-go";
  readonly identity: string;
  readonly process: TenureParticipant | ClientGoParticipant;
  /** When the test killed it. */
  killedAtMs?: number;
}

interface Lease {
  readonly metadata: { readonly labels?: object; readonly annotations?: object };
  readonly spec: {
    readonly holderIdentity: string;
    readonly acquireTime: string;
    readonly renewTime: string;
    readonly leaseTransitions: number;
    readonly leaseDurationSeconds: number;
  };
}

/** Every task of a member; the end is its context's cancellation, the term's signal, or the kill. */
function intervals({ identity, process, killedAtMs }: Member): Interval[] {
  const found: Interval[] = [];
  let fromMs: number | undefined;
  for (const { event, atMs } of process.events) {
    if (event === "started") fromMs = atMs;
    if (event === "cancelled" && fromMs !== undefined) {
      found.push({ identity, fromMs, toMs: atMs });
      fromMs = undefined;
    }
  }
  if (fromMs !== undefined) found.push({ identity, fromMs, toMs: killedAtMs ?? Number.POSITIVE_INFINITY });
  return found;
}

describeWithServers("a mixed group with client-go on one Lease", (testbed) => {
  const members: Member[] = [];

  afterEach(async () => {
    for (const { process } of members.splice(0)) await process[Symbol.asyncDispose]();
  });

  it(`never has two tasks that were not told to stop, in ${ROUNDS} rounds of ending the leader`, {
    timeout: 600_000,
  }, async () => {
    const namespace = await testbed.createNamespace();
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/mixed`;
    const labels = { team: "blue", "example.com/cost-centre": "42" };
    const annotations = { "example.com/note": "kept by both sides" };
    await testbed.requestOk("POST", path.replace(/\/mixed$/, ""), {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "mixed", namespace, labels, annotations },
      spec: {},
    });

    let born = 0;
    const start = (kind: Member["kind"]): Member => {
      born += 1;
      const identity = `${kind}-${born}`;
      const options = {
        ...TIMING,
        namespace,
        lease: "mixed",
        identity,
        kubeconfigPath: testbed.adminKubeconfigPath,
      };
      const process =
        kind === "tenure"
          ? new TenureParticipant(options)
          : testbed.startClientGo({ ...options, releaseOnCancel: true });
      const member: Member = { kind, identity, process };
      members.push(member);
      return member;
    };
    const running: Member[] = [start("tenure"), start("tenure"), start("client-go"), start("client-go")];
    const leads = ({ process }: Member): boolean =>
      process.events.findLast(({ event }) => event === "started" || event === "cancelled")?.event ===
      "started";
    const leaderAmong = (): Promise<Member> =>
      pollUntil(() => running.find(leads), { what: "a leader", timeoutMs: 60_000, intervalMs: 5 });
    const everybodySees = async (leader: Member): Promise<void> => {
      for (const { process } of running) {
        await pollUntil(
          () => process.events.findLast(({ event }) => event === "newLeader")?.leader === leader.identity,
          {
            what: `everybody to see ${leader.identity}`,
            timeoutMs: 30_000,
          },
        );
      }
    };
    const end = async (member: Member, signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
      running.splice(running.indexOf(member), 1);
      if (signal === "SIGKILL") {
        member.killedAtMs = Date.now();
        await member.process[Symbol.asyncDispose]();
      } else {
        await member.process.stop();
      }
    };

    const successions = new Set<string>();
    let transitions = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const leader = await leaderAmong();
      await everybodySees(leader);
      // Tenure watches, so it would always win against client-go, which polls: every second time the other Tenure leaves first.
      if (leader.kind === "tenure") {
        for (const other of running.filter(({ kind }) => kind === "tenure" && leader.kind === kind)) {
          if (other !== leader) await end(other, "SIGTERM");
        }
      }
      if (round === ROUNDS / 2)
        await testbed.kubectl(["annotate", "-n", namespace, "lease", "mixed", "hand=edited"]);
      await end(leader, round % 4 < 2 ? "SIGTERM" : "SIGKILL");
      const successor = await leaderAmong();
      successions.add(`${leader.kind} -> ${successor.kind}`);

      const { metadata, spec } = await testbed.requestOk<Lease>("GET", path);
      expect(spec.holderIdentity).toBe(successor.identity);
      expect(spec.leaseTransitions).toBeGreaterThan(transitions);
      transitions = spec.leaseTransitions;
      expect(spec.leaseDurationSeconds).toBe(TIMING.leaseDurationMs / 1000);
      const acquiredAtMs = Date.parse(spec.acquireTime);
      const startedAtMs =
        successor.process.events.find(({ event }) => event === "started")?.atMs ?? Number.NaN;
      expect(acquiredAtMs).toBeLessThanOrEqual(startedAtMs);
      expect(acquiredAtMs).toBeGreaterThanOrEqual(Math.max(...intervals(leader).map(({ toMs }) => toMs)));
      expect(metadata.labels).toEqual(labels);
      expect(metadata.annotations).toMatchObject(
        round >= ROUNDS / 2 ? { ...annotations, hand: "edited" } : annotations,
      );

      while (running.filter(({ kind }) => kind === "tenure").length < 2) running.push(start("tenure"));
      while (running.filter(({ kind }) => kind === "client-go").length < 2) running.push(start("client-go"));
      await sleep(TIMING.retryPeriodMs); // lets the successor renew at least once
    }

    const tasks = members.flatMap(intervals).sort((a, b) => a.fromMs - b.fromMs);
    expect(tasks.length).toBeGreaterThanOrEqual(ROUNDS + 1);
    for (const [i, task] of tasks.entries()) {
      const before = tasks[i - 1];
      if (before !== undefined)
        expect(before.toMs, `${before.identity}, then ${task.identity}`).toBeLessThanOrEqual(task.fromMs);
    }
    // Every task began with an acquisition from nobody, or from another: each is one transition, the first one too.
    expect(transitions).toBe(tasks.length);
    expect([...successions].sort()).toEqual(
      expect.arrayContaining(["client-go -> tenure", "tenure -> client-go"]),
    );
    console.log(
      `${tasks.length} tasks in ${ROUNDS} rounds, none overlapping; successions: ${[...successions].join(", ")}`,
    );
  });
});
