import { randomBytes } from "node:crypto";
import { type LeaseServer, startLeaseServer } from "@tenure/lease-server";
import { describeWithServers } from "@tenure/testbed/vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allCases, forgettingCases, requestCount } from "./differential/cases/all-cases.ts";
import { knownDifferences } from "./differential/known-differences.ts";
import { leaseServerTarget, TARGET_TOKENS } from "./differential/lease-server-target.ts";
import { realTarget } from "./differential/real-target.ts";
import type { Outcome } from "./differential/run-case.ts";
import { runSet, type Transcript } from "./differential/run-set.ts";
import type { Target } from "./differential/target.ts";

const WHOLE_SET = [...allCases, ...forgettingCases];

describeWithServers("the request set", (testbed) => {
  let real: Transcript;
  let again: Transcript;
  let ours: Transcript;
  let server: LeaseServer;

  beforeAll(async () => {
    server = await startLeaseServer({ tokens: TARGET_TOKENS, strictNamespaces: true });
    const target = await realTarget(testbed);
    const run = randomBytes(3).toString("hex");
    real = await runWholeSet(target, `${run}a`);
    again = await runWholeSet(target, `${run}b`);
    ours = await runWholeSet(leaseServerTarget(server), `${run}c`);
    const known = Object.keys(knownDifferences).length;
    process.stdout.write(
      `\nThe set: ${WHOLE_SET.length} cases, ${requestCount(WHOLE_SET)} requests; ${known} cases differ on purpose\n`,
    );
  }, 300_000);

  afterAll(async () => {
    await server.close();
  });

  it("is answered to the last request by the real kube-apiserver", () => {
    const unanswered = [...real].flatMap(([name, outcomes]) =>
      (outcomes as readonly Outcome[])
        .filter(({ failure, endedBy }) => failure !== undefined || endedBy === "nobody")
        .map(({ request, failure = "no end" }) => `${name}: ${request}: ${failure}`),
    );
    expect(unanswered).toEqual([]);
  });

  describe("on the real kube-apiserver equals itself, so that the listed fields are enough", () => {
    for (const { name } of WHOLE_SET) {
      it(name, () => {
        expect(again.get(name)).toEqual(real.get(name));
      });
    }
  });

  describe("is answered by lease-server as by the real kube-apiserver", () => {
    for (const { name } of WHOLE_SET) {
      const why = knownDifferences[name];
      if (why === undefined) {
        it(name, () => {
          expect(ours.get(name)).toEqual(real.get(name));
        });
      } else {
        it(`${name}: differs, because ${why}`, () => {
          expect(ours.get(name), "agrees now: take it off the list of known differences").not.toEqual(
            real.get(name),
          );
        });
      }
    }

    it("knows no difference of a case that does not exist", () => {
      const names = new Set(WHOLE_SET.map(({ name }) => name));
      expect(Object.keys(knownDifferences).filter((name) => !names.has(name))).toEqual([]);
      expect(names.size).toBe(WHOLE_SET.length);
    });
  });
});

async function runWholeSet(target: Target, run: string): Promise<Transcript> {
  const transcript = await runSet(allCases, target, run);
  // Alone: it ends everybody's watches.
  return new Map([...transcript, ...(await runSet(forgettingCases, target, `${run}f`))]);
}
