import { pollUntil } from "@tenure/testbed";
import { afterEach, expect, it } from "vitest";
import { Group, type Route, TIMING } from "./group.fixture.ts";
import { isRunning } from "./processes.fixture.ts";

/**
 * What must hold on every store: a worker starts only when nothing of an earlier one runs. The workers judge that themselves,
 * see worker.fixture.sh.
 */
export function testRunOn(store: string, route: () => Promise<Route>): void {
  let group: Group | undefined;

  afterEach(async () => {
    await group?.[Symbol.asyncDispose]();
    group = undefined;
  });

  async function newGroup(): Promise<Group> {
    group = new Group(await route());
    return group;
  }

  it("gives the lock back at once when the command is killed with -9: another replica's starts without waiting for the lease", async () => {
    const group = await newGroup();
    const { leader, standby, first } = await group.startTwo(["family"]);
    await group.log.waitForChildren(2);
    const killedAtMs = Date.now();
    process.kill(first.pid, "SIGKILL");
    const [, second] = await group.log.waitForStarts(2);
    expect(second).toMatchObject({ identity: "b", alive: [] });
    expect(second?.token).toBeGreaterThan(first.token);
    expect(await leader.exited).toBe(137);
    const tookMs = Math.round((second?.atMs ?? Number.NaN) - killedAtMs);
    console.log(`${store}: command killed with -9, another replica's started after ${tookMs} ms`);
    // A lease that has to lapse lasts at least as long as what is left after the last renewal.
    expect(tookMs).toBeLessThan(TIMING.leaseDurationMs - 1.2 * TIMING.retryPeriodMs);
    expect(standby.events.filter(({ event }) => event === "error")).toEqual([]);
  });

  it("hands over on SIGTERM: the command is told, ended and its exit code kept, then the lock is given back", async () => {
    const group = await newGroup();
    const { leader, first } = await group.startTwo(["family"]);
    await group.log.waitForChildren(2);
    const next = group.nextStart();
    leader.signal("SIGTERM");
    expect(await next).toMatchObject({ identity: "b", alive: [] });
    expect(await leader.exited).toBe(143);
    expect(isRunning(first.pid)).toBe(false);
  });

  it("leaves no command running unled when tenure is killed with -9", async () => {
    const group = await newGroup();
    const { leader, first } = await group.startTwo(["ignore-term", "family"]);
    await group.log.waitForChildren(2);
    const next = group.nextStart();
    leader.signal("SIGKILL");
    expect(await next).toMatchObject({ identity: "b", alive: [] });
    expect(isRunning(first.pid)).toBe(false);
  });

  it("has the command of a frozen tenure dead before another's starts, and campaigns again when it goes on", async () => {
    const group = await newGroup();
    const { leader, first } = await group.startTwo(["ignore-term", "family"]);
    await group.log.waitForChildren(2);
    const next = group.nextStart();
    leader.signal("SIGSTOP");
    expect(await next).toMatchObject({ identity: "b", alive: [] });
    const from = leader.events.length;
    leader.signal("SIGCONT");
    expect(await leader.waitFor("stoppedLeading", { from })).toMatchObject({ reason: "stalled" });
    expect(await leader.waitFor("childExited", { from })).toMatchObject({ signal: "SIGKILL" });
    await pollUntil(
      () => leader.events.some((event) => event.event === "newLeader" && event.identity === "b"),
      {
        what: "the old leader to follow",
        timeoutMs: 30_000,
      },
    );
    expect(group.log.starts.filter(({ pid }) => pid === first.pid)).toHaveLength(1);
  });

  it.each(["silence", "cut-responses"] as const)(
    "has a command that ignores SIGTERM dead before another's starts, when the connection is broken (%s)",
    async (mode) => {
      const group = await newGroup();
      const { leader, proxy } = await group.startTwo(["ignore-term", "family"]);
      await group.log.waitForChildren(2);
      const next = group.nextStart();
      await proxy.setMode(mode);
      const second = await next;
      expect(second).toMatchObject({ identity: "b", alive: [] });
      const exited = await leader.waitFor("childExited");
      expect(exited).toMatchObject({ signal: "SIGKILL" });
      const marginMs = Math.round(second.atMs - Date.parse(exited.time));
      console.log(
        `${store}, ${mode}: nothing of the command was left ${marginMs} ms before another's started`,
      );
      expect(marginMs).toBeGreaterThan(0);
    },
  );
}
