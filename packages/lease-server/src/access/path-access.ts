import { ApiError } from "../api-error.ts";
import type { Access, Caller } from "./access.ts";

/** What Kubernetes' role `system:public-info-viewer` lets everybody read: those who start a server ask before they have a token. */
const PUBLIC = /^\/(?:healthz|livez|readyz|version\/?)$/;
/** What its role `system:discovery` lets those read who have authenticated. */
const DISCOVERY = /^\/(?:api|apis|openapi)(?:\/|$)/;

/** Whether somebody may read or otherwise use a path that is no resource, as the real server's own roles say. */
export function mayUsePath(access: Access, caller: Caller, verb: string, path: string): boolean {
  const isRead = verb === "get" || verb === "head";
  if (isRead && PUBLIC.test(path)) return true;
  if (isRead && DISCOVERY.test(path) && caller.groups.includes("system:authenticated")) return true;
  return isMaster(access, caller);
}

/** Refuses a path. @throws `ApiError` 403 */
export function checkPath(access: Access, caller: Caller, method: string, path: string): void {
  const verb = method.toLowerCase();
  if (mayUsePath(access, caller, verb, path)) return;
  const message = `forbidden: User ${JSON.stringify(caller.user)} cannot ${verb} path ${JSON.stringify(path)}`;
  throw new ApiError(403, "Forbidden", message, {});
}

/** Whether somebody may do everything. */
export function isMaster(access: Access, caller: Caller): boolean {
  return access.allows(caller, { verb: "*", group: "*", resource: "*" });
}
