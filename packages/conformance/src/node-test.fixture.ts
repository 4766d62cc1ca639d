/** The suite under Node's own runner: `node node-test.fixture.ts hooks|plain FOLDER`. */
import { after, before, describe, it } from "node:test";
import { cellFixture } from "./cell.fixture.ts";
import { testResourceLock } from "./test-resource-lock.ts";

const [, , kind, reportFolder] = process.argv;
const runner = kind === "hooks" ? { describe, it, beforeAll: before, afterAll: after } : { describe, it };
// What fails must be seen to fail: a case that passes, listed as failing.
const knownFailures = kind === "hooks" ? {} : { "cas/01": "it passes, so this is an error" };
testResourceLock(runner, cellFixture({ variant: kind, scale: 0.5, knownFailures }), { reportFolder });
