// Testing a backend.

export { allCases } from "./all-cases.ts";
export type { Claim, ConformanceCase } from "./conformance-case.ts";
// Breaking the way to a server.
export type { FaultProxy, FaultProxyMode, FaultProxyOptions } from "./fault-proxy.ts";
export { startFaultProxy } from "./fault-proxy.ts";
// What a backend gives the suite.
export type {
  Address,
  CandidateModule,
  CreateLock,
  Environment,
  Hook,
  LockFixture,
  LockRequest,
  OptionalHook,
  ServerFaults,
  Stranger,
  Throttling,
} from "./fixture.ts";
export { toMarkdown } from "./markdown.ts";
// What comes out.
export type { CaseResult, CaseStatus, ConformanceReport } from "./report.ts";
export { isComplete, reportFileName } from "./report.ts";
export type { RunConformanceOptions, Runner, TestResourceLockOptions } from "./test-resource-lock.ts";
export { runConformance, testResourceLock } from "./test-resource-lock.ts";
