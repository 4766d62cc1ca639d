import { ApiError } from "../api-error.ts";
import type { Access, Caller } from "./access.ts";

/** What Kubernetes' role `system:public-info-viewer` lets everybody read: those who start a server ask before they have a token. */
const PUBLIC = /^\/(?:healthz|livez|readyz|version\/?)$/;
/** What its role `system:discovery` lets those read who have authenticated. */
const DISCOVERY = /^\/(?:api|apis|openapi)(?:\/|$)/;

/** Refuses a path that is no resource, as the real server's own roles do. @throws `ApiError` 403 */
export function checkPath(access: Access, caller: Caller, method: string, path: string): void {
  const isRead = method === "GET" || method === "HEAD";
  if (isRead && PUBLIC.test(path)) return;
  if (isRead && DISCOVERY.test(path) && caller.groups.includes("system:authenticated")) return;
  if (isMaster(access, caller)) return;
  const verb = method.toLowerCase();
  throw new ApiError(
    403,
    "Forbidden",
    `forbidden: User ${JSON.stringify(caller.user)} cannot ${verb} path ${JSON.stringify(path)}`,
    {},
  );
}

/** Whether somebody may do everything. */
export function isMaster(access: Access, caller: Caller): boolean {
  return access.allows(caller, { verb: "*", group: "*", resource: "*" });
}
