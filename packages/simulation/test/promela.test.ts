import { expect, it } from "vitest";
import { checkModel, findSpin } from "./spin.ts";
import { describeWithTool } from "./tool.ts";

const TWO_BELIEVE = "assertion violated  !(e[x].leads)"; // S1
const TOKEN_NOT_LARGER = "assertion violated (e[i].read.version>lastToken)"; // S2

const BROKEN_RULES = [
  { broken: "WINDOW_FROM_ANSWER", rule: "the window counts from the send", violation: TWO_BELIEVE },
  { broken: "WAIT_FROM_READ_SENT", rule: "the wait counts from the arrival", violation: TWO_BELIEVE },
  { broken: "WINDOW_TOO_LONG", rule: "the window is within its bound", violation: TWO_BELIEVE },
  { broken: "CLOCK_BEYOND_RHO", rule: "clocks are right to within rho", violation: TWO_BELIEVE },
  { broken: "NO_CAS", rule: "a write is a compare-and-swap", violation: TWO_BELIEVE },
  { broken: "ADOPTED_FROM_READ", rule: "R6, a found write counts from its send", violation: TWO_BELIEVE },
  { broken: "RESUMED_AFTER_RELEASE", rule: "R7, no term resumes", violation: TWO_BELIEVE },
  { broken: "RESUMED_AS_A_NEW_TERM", rule: "R7, a new term has a new write", violation: TOKEN_NOT_LARGER },
  { broken: "BELIEVES_WHILE_RELEASING", rule: "R10, belief ends first", violation: TWO_BELIEVE },
  { broken: "RELEASES_OTHERS", rule: "R10, a release is of one's own version", violation: TWO_BELIEVE },
  { broken: "ABSENT_IS_FREE", rule: "R2, absence frees nothing", violation: TWO_BELIEVE },
];

describeWithTool("the protocol, in promela/tenure.pml", await findSpin(), (spin) => {
  it("has no two believers and no token that is not larger, in any reachable state", async () => {
    const verdict = await checkModel(spin, { switches: [], optimize: true });
    expect(verdict.violation, verdict.output).toBe(undefined);
    expect(verdict.isExhaustive, verdict.output).toBe(true);
    expect(verdict.states).toBeGreaterThan(1_000_000);
    // Each statement is reached, so that nothing holds for want of trying; only the ends of endless loops are not.
    expect(verdict.unreached).not.toEqual([]);
    expect(verdict.unreached.filter((place) => !place.endsWith('"-end-"'))).toEqual([]);
  }, 300_000);

  // One write each: that is enough for every one of them, and quicker.
  it("has none with one write each either", async () => {
    const verdict = await checkModel(spin, { switches: ["K=1"], optimize: false });
    expect(verdict.violation, verdict.output).toBe(undefined);
    expect(verdict.isExhaustive, verdict.output).toBe(true);
  });

  it.for(BROKEN_RULES)("needs: $rule ($broken)", async ({ broken, violation }) => {
    const verdict = await checkModel(spin, { switches: ["K=1", broken], optimize: false });
    expect(verdict.violation, verdict.output).toBe(violation);
    expect(verdict.isExhaustive).toBe(false);
  });
});
