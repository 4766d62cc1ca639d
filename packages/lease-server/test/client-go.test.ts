/** client-go's elector, unchanged, on lease-server. */
import { LeaderElector } from "@tenure/core";
import { LeaseClient } from "@tenure/lock-k8s-lease";
import { type ClientGoParticipant, pollUntil } from "@tenure/testbed";
import { describeWithServers } from "@tenure/testbed/vitest";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Served, serve } from "./served.fixture.ts";

const TIMING = { leaseDurationMs: 4_000, renewDeadlineMs: 2_500, retryPeriodMs: 500 };
const LEASE = { namespace: "default", lease: "group" };
const KILLS = 10;

/** A task's life: from its start until it was told to stop, or killed. */
interface Interval {
  readonly identity: string;
  readonly fromMs: number;
  readonly toMs: number;
}

describeWithServers("client-go on lease-server", (testbed) => {
  let served: Served;
  const participants: ClientGoParticipant[] = [];
  const killedAtMs = new Map<ClientGoParticipant, number>();

  beforeEach(async () => {
    served = await serve();
  });

  afterEach(async () => {
    for (const participant of participants.splice(0)) await participant[Symbol.asyncDispose]();
    await served[Symbol.asyncDispose]();
  });

  const start = (identity: string): ClientGoParticipant => {
    const { kubeconfigPath } = served;
    const participant = testbed.startClientGo({
      ...TIMING,
      ...LEASE,
      kubeconfigPath,
      identity,
      releaseOnCancel: true,
    });
    participants.push(participant);
    return participant;
  };

  const kill = async (participant: ClientGoParticipant): Promise<void> => {
    killedAtMs.set(participant, Date.now());
    await participant[Symbol.asyncDispose]();
  };

  /** All tasks of all participants that ever ran, by their start. */
  const intervals = (): Interval[] =>
    participants
      .flatMap((participant) => intervalsOf(participant, killedAtMs.get(participant)))
      .sort((a, b) => a.fromMs - b.fromMs);

  // Servers from KUBEBUILDER_ASSETS come without client-go; where they are required it is built, and nothing may be skipped.
  const itWithClientGo = it.skipIf(testbed.clientGoPath === undefined);

  itWithClientGo(`has one leader at a time in a group of three, through ${KILLS} kills`, async () => {
    const running = [start("go-1"), start("go-2"), start("go-3")];
    for (let round = 0; round < KILLS; round++) {
      const leader = await leaderOf(running);
      running.splice(running.indexOf(leader), 1);
      if (round % 2 === 0) await kill(leader);
      else await leader.stop();
      running.push(start(`go-${round + 4}`));
    }
    await leaderOf(running);
    const tasks = intervals();
    process.stdout.write(`\nclient-go on lease-server: ${KILLS} kills, ${tasks.length} terms\n`);
    expect(tasks).toHaveLength(KILLS + 1);
    expect(overlaps(tasks)).toEqual([]);
  });

  itWithClientGo("hands over to a Tenure replica and back", async () => {
    const go = start("go-1");
    await go.waitFor("started");
    const client = new LeaseClient({ kubeConfig: served.server.kubeConfig });
    const lock = client.lock({ namespace: LEASE.namespace, name: LEASE.lease });
    const elector = new LeaderElector({ lock, identity: "tenure-1", ...TIMING });
    const ours: Interval[] = [];
    const ran = elector.run(async (term) => {
      const fromMs = Date.now();
      await new Promise((resolve) => term.signal.addEventListener("abort", resolve, { once: true }));
      ours.push({ identity: "tenure-1", fromMs, toMs: Date.now() });
    });
    try {
      await pollUntil(() => elector.leader === "go-1", { what: "Tenure to see go-1", timeoutMs: 30_000 });

      await go.stop(); // released: Tenure is told by its watch
      await pollUntil(() => elector.isLeading(), {
        what: "Tenure to lead",
        timeoutMs: 30_000,
        intervalMs: 5,
      });
      const second = start("go-2");
      await second.waitFor(({ event, leader }) => event === "newLeader" && leader === "tenure-1");

      await elector.stepDown();
      await second.waitFor("started");
      await pollUntil(() => elector.leader === "go-2", { what: "Tenure to see go-2", timeoutMs: 30_000 });

      await kill(second); // expires: Tenure takes it
      await pollUntil(() => elector.isLeading(), {
        what: "Tenure to lead again",
        timeoutMs: 30_000,
        intervalMs: 5,
      });
    } finally {
      await elector.stop();
      await ran;
      await lock.close();
      await client.close();
    }
    const tasks = [...intervals(), ...ours].sort((a, b) => a.fromMs - b.fromMs);
    expect(tasks.map(({ identity }) => identity)).toEqual(["go-1", "tenure-1", "go-2", "tenure-1"]);
    expect(overlaps(tasks)).toEqual([]);
  });
});

async function leaderOf(running: readonly ClientGoParticipant[]): Promise<ClientGoParticipant> {
  const isLeading = ({ events }: ClientGoParticipant): boolean =>
    events.findLast(({ event }) => event === "started" || event === "cancelled")?.event === "started";
  return await pollUntil(() => running.find(isLeading), {
    what: "a leader",
    timeoutMs: 30_000,
    intervalMs: 5,
  });
}

function intervalsOf({ events }: ClientGoParticipant, killedAtMs: number | undefined): Interval[] {
  const found: Interval[] = [];
  let fromMs: number | undefined;
  for (const { event, identity, atMs } of events) {
    if (event === "started") fromMs = atMs;
    if (event === "cancelled" && fromMs !== undefined) {
      found.push({ identity, fromMs, toMs: atMs });
      fromMs = undefined;
    }
  }
  const identity = events[0]?.identity ?? "";
  if (fromMs !== undefined) found.push({ identity, fromMs, toMs: killedAtMs ?? Number.POSITIVE_INFINITY });
  return found;
}

/** Neighbours, by their start, of which the second began before the first was told to stop. */
function overlaps(tasks: readonly Interval[]): (readonly [Interval, Interval])[] {
  return tasks
    .slice(1)
    .map((task, index) => [tasks[index] as Interval, task] as const) // index < tasks.length - 1
    .filter(([before, after]) => after.fromMs < before.toMs);
}
