import { ApiError } from "../api-error.ts";
import type { AccessAttributes, Caller } from "./access.ts";

/** The 403 that Kubernetes answers with when this caller may not do this. */
export function forbidden(caller: Caller, attributes: AccessAttributes): ApiError {
  const { group, resource, name = "" } = attributes;
  const qualified = group === "" ? resource : `${resource}.${group}`;
  const subject = name === "" ? qualified : `${qualified} ${quote(name)}`;
  const message = `${subject} is forbidden: ${withoutHtml(cannot(caller, attributes))}`;
  return new ApiError(403, "Forbidden", message, {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    kind: resource,
  });
}

/** The 401 that Kubernetes answers with; it never says why. */
export function unauthorized(): ApiError {
  return new ApiError(401, "Unauthorized", "Unauthorized");
}

function cannot({ user }: Caller, { verb, group, resource, namespace = "" }: AccessAttributes): string {
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${quote(namespace)}`;
  return `User ${quote(user)} cannot ${verb} resource ${quote(resource)} in API group ${quote(group)} ${where}`;
}

/** Go's `%q`, as far as names go. */
function quote(text: string): string {
  return JSON.stringify(text);
}

/** As the real one writes it, so that a message is never taken for a page. */
function withoutHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
