export type { FaultProxy, FaultProxyMode, FaultProxyOptions } from "./fault-proxy.ts";
export { startFaultProxy } from "./fault-proxy.ts";
export type {
  Address,
  CandidateModule,
  CreateLock,
  Environment,
  Hook,
  LockFixture,
  LockRequest,
  ServerFaults,
  Stranger,
} from "./fixture.ts";
