/** Freezes a candidate, says which process it is, and waits to be killed. */
import { startCandidate } from "../src/candidate-process.ts";
import { CaseContext } from "../src/case-context.ts";
import { referenceFixture } from "../src/reference/reference-lock.fixture.ts";

const fixture = referenceFixture();
const context = new CaseContext(fixture, await fixture.setup(), "elect/12");
const candidate = await startCandidate(context, { identity: "frozen" });
await candidate.event("started");
candidate.kill("SIGSTOP");
process.stdout.write(`${candidate.pid}\n`);
