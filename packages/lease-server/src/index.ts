// Starting a server.

export { readTokens } from "./access/read-tokens.ts";
export type { AccessRule } from "./access/rules.ts";
// Its parts, for options.
export type { AccessToken } from "./access/token-access.ts";
export type { AdjustableFaults, FaultsDescription } from "./faults/create-faults.ts";
export type { FaultRule, FaultSettings } from "./faults/fault-rule.ts";
export type { ServedRequest } from "./http/api-server.ts";
export type { JournalErrorCode } from "./journal/journal-error.ts";
export { JournalError } from "./journal/journal-error.ts";
export type { LeaseServerKubeConfig } from "./kubeconfig.ts";
export type { LeaseServer, LeaseServerOptions } from "./start-lease-server.ts";
export { startLeaseServer } from "./start-lease-server.ts";
