import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs"; // DUMP
import { type LeaseServer, startLeaseServer } from "@tenure/lease-server";
import { describeWithServers } from "@tenure/testbed/vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allCases, requestCount } from "./differential/cases/all-cases.ts";
import { leaseServerTarget, TARGET_TOKENS } from "./differential/lease-server-target.ts";
import { realTarget } from "./differential/real-target.ts";
import { runSet, type Transcript } from "./differential/run-set.ts";

describeWithServers("the request set", (testbed) => {
  let real: Transcript;
  let again: Transcript;
  let ours: Transcript;
  let server: LeaseServer;

  beforeAll(async () => {
    server = await startLeaseServer({ tokens: TARGET_TOKENS, strictNamespaces: true });
    const target = await realTarget(testbed);
    const run = randomBytes(3).toString("hex");
    real = await runSet(allCases, target, `${run}a`);
    again = await runSet(allCases, target, `${run}b`);
    ours = await runSet(allCases, leaseServerTarget(server), `${run}c`);
    writeFileSync("/tmp/w/ls-real-answers.json", JSON.stringify(Object.fromEntries(real), undefined, 1)); // DUMP
    writeFileSync("/tmp/w/ls-our-answers.json", JSON.stringify(Object.fromEntries(ours), undefined, 1)); // DUMP
    process.stdout.write(`\nThe set: ${allCases.length} cases, ${requestCount(allCases)} requests\n`);
  }, 300_000);

  afterAll(async () => {
    await server.close();
  });

  describe("on the real kube-apiserver equals itself, so that the listed fields are enough", () => {
    for (const { name } of allCases) {
      it(name, () => {
        expect(again.get(name)).toEqual(real.get(name));
      });
    }
  });

  describe("is answered by lease-server as by the real kube-apiserver", () => {
    for (const { name } of allCases) {
      it(name, () => {
        expect(ours.get(name)).toEqual(real.get(name));
      });
    }
  });
});
