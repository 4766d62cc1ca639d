import { unrecognized } from "../object/decode-lease.ts";
import { objectJson, PROTOBUF } from "../protobuf/object-json.ts";
import { ProtobufError } from "../protobuf/wire.ts";
import { type ApiRequest, header } from "./api-request.ts";
import type { RequestTarget } from "./request-target.ts";

/**
 * The same request with a body of JSON, where it has one in protobuf. Answers are JSON anyway: every client reads that.
 * @throws `ApiError` 400.
 */
export function withJsonBody(request: ApiRequest, target: RequestTarget): ApiRequest {
  const mediaType = header(request, "content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (target.kind !== "resource" || mediaType !== PROTOBUF || request.method === "PATCH") return request;
  const kind = request.method === "DELETE" ? "DeleteOptions" : KINDS[target.resource];
  if (kind === "DeleteOptions" && request.body.length === 0) return request;
  try {
    const body = Buffer.from(JSON.stringify(objectJson(request.body, kind)));
    return { ...request, headers: { ...request.headers, "content-type": "application/json" }, body };
  } catch (error) {
    throw error instanceof ProtobufError ? unrecognized(error.message, request.body, kind) : error;
  }
}

/** What is sent to a resource. */
const KINDS = {
  leases: "Lease",
  namespaces: "Namespace",
  selfsubjectaccessreviews: "SelfSubjectAccessReview",
  selfsubjectrulesreviews: "SelfSubjectRulesReview",
} as const;
