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
