import { randomBytes } from "node:crypto";
import { describeWithServers } from "@tenure/testbed/vitest";
import { beforeAll, describe, expect, it } from "vitest";
import { allCases, requestCount } from "./differential/cases/all-cases.ts";
import { realTarget } from "./differential/real-target.ts";
import { runSet, type Transcript } from "./differential/run-set.ts";

describeWithServers("the request set on the real kube-apiserver", (testbed) => {
  let first: Transcript;
  let second: Transcript;

  beforeAll(async () => {
    const target = await realTarget(testbed);
    const run = randomBytes(3).toString("hex");
    first = await runSet(allCases, target, `${run}a`);
    second = await runSet(allCases, target, `${run}b`);
    process.stdout.write(`\nThe set: ${allCases.length} cases, ${requestCount(allCases)} requests\n`);
  }, 300_000);

  describe("equals itself, so that the listed fields are enough", () => {
    for (const { name } of allCases) {
      it(name, () => {
        expect(second.get(name)).toEqual(first.get(name));
      });
    }
  });
});
