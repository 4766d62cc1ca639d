export type { CellLockOptions } from "./cell-lock.ts";
export { CellLock } from "./cell-lock.ts";
export { FakeClock } from "./fake-clock.ts";
export type { FakeTerm, FakeTermOptions } from "./fake-term.ts";
export { fakeTerm } from "./fake-term.ts";
export type { FaultyLock, Operation, RecordedCall } from "./faults.ts";
export { withFaults } from "./faults.ts";
export type { UsurpOptions } from "./usurp.ts";
export { usurp } from "./usurp.ts";
