import { casCases } from "./cases/cas.ts";
import { connectionCases } from "./cases/connection.ts";
import { electionCases } from "./cases/elect.ts";
import { electionFaultCases } from "./cases/elect-faults.ts";
import { electionProcessCases } from "./cases/elect-processes.ts";
import { errorCases } from "./cases/error.ts";
import { lifeCases } from "./cases/life.ts";
import { metaCases } from "./cases/meta.ts";
import { nameCases } from "./cases/name.ts";
import { readCases, recordCases } from "./cases/read.ts";
import { tokenCases } from "./cases/token.ts";
import { watchCases } from "./cases/watch.ts";
import type { ConformanceCase } from "./conformance-case.ts";

/** Every case, in the order in which they run and are reported. */
export const allCases: readonly ConformanceCase[] = [
  ...metaCases,
  ...casCases,
  ...readCases,
  ...nameCases,
  ...recordCases,
  ...tokenCases,
  ...errorCases,
  ...connectionCases,
  ...watchCases,
  ...lifeCases,
  ...[...electionCases, ...electionFaultCases, ...electionProcessCases].sort((a, b) =>
    a.id < b.id ? -1 : 1,
  ),
];
