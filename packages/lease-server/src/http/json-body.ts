import { ApiError } from "../api-error.ts";
import { objectJson, PROTOBUF } from "../protobuf/object-json.ts";
import { ProtobufError } from "../protobuf/wire.ts";
import { type ApiRequest, header } from "./api-request.ts";

/** The same request with a body of JSON, where it has one in protobuf. Answers are JSON anyway: every client reads that. @throws `ApiError` 400 */
export function withJsonBody(request: ApiRequest): ApiRequest {
  const mediaType = header(request, "content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (mediaType !== PROTOBUF || request.method === "PATCH" || request.body.length === 0) return request;
  try {
    const body = Buffer.from(JSON.stringify(objectJson(request.body)));
    return { ...request, headers: { ...request.headers, "content-type": "application/json" }, body };
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw new ApiError(400, "BadRequest", `the object provided is unrecognized: ${error.message}`);
  }
}
