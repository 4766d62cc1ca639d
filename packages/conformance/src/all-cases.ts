import { casCases } from "./cases/cas.ts";
import { casRaceCases } from "./cases/cas-races.ts";
import { electionCases } from "./cases/elect.ts";
import { electionFaultCases } from "./cases/elect-faults.ts";
import { electionProcessCases } from "./cases/elect-processes.ts";
import { electionTimeCases } from "./cases/elect-time.ts";
import { errorCases } from "./cases/error.ts";
import { lifeCases } from "./cases/life.ts";
import { lostAnswerCases } from "./cases/lost-answer.ts";
import { lostRequestCases } from "./cases/lost-request.ts";
import { metaCases } from "./cases/meta.ts";
import { nameCases } from "./cases/name.ts";
import { readCases, recordCases } from "./cases/read.ts";
import { tokenCases } from "./cases/token.ts";
import { watchCases } from "./cases/watch.ts";
import type { ConformanceCase } from "./conformance-case.ts";

const GROUPS = ["meta", "cas", "read", "name", "rec", "token", "err", "watch", "life", "elect"];

/** Sorts like the groups, and within them by number: files hold what belongs together, not what is counted together. */
function rankOf({ id }: ConformanceCase): string {
  const [group = "", number = ""] = id.split("/");
  return `${GROUPS.indexOf(group)}/${number}`;
}

/** Every case, in the order in which they run and are reported. */
export const allCases: readonly ConformanceCase[] = [
  ...metaCases,
  ...casCases,
  ...casRaceCases,
  ...readCases,
  ...nameCases,
  ...recordCases,
  ...tokenCases,
  ...errorCases,
  ...lostAnswerCases,
  ...lostRequestCases,
  ...watchCases,
  ...lifeCases,
  ...electionCases,
  ...electionTimeCases,
  ...electionFaultCases,
  ...electionProcessCases,
].sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1));
