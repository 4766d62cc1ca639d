import { ApiError } from "../api-error.ts";
import { unknownFormat, unrecognized } from "../object/decode-lease.ts";
import { JsonObject, plainJson, withoutRepeats } from "../object/json.ts";
import { parseJson } from "../object/parse-json.ts";
import { type ApiRequest, header } from "./api-request.ts";

/** A kind that is no Lease, as the real server names it. */
export interface ObjectKind {
  readonly kind: string;
  /** Of Go, with its package: `"core.Namespace"`. */
  readonly goType: string;
}

/** Reads a body that is an object of that kind; what its fields hold is for the caller to check. @throws `ApiError` 400, 415 */
export function readObject(
  request: Pick<ApiRequest, "body" | "headers">,
  { kind, goType }: ObjectKind,
): Readonly<Record<string, unknown>> {
  const { body } = request;
  const mediaType = header(request, "content-type")?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (mediaType !== "" && mediaType !== "application/json") throw unknownFormat();
  const value = parsed(body, kind);
  if (!(value instanceof JsonObject)) throw unrecognized("expected an object", body, kind);
  const object = plainJson(withoutRepeats(value, () => {})) as Readonly<Record<string, unknown>>; // it is an object
  const { kind: sent = kind, apiVersion = "v1" } = object;
  if (sent === kind || sent === "") return object;
  const version = String(apiVersion).split("/").at(-1);
  throw new ApiError(
    400,
    "BadRequest",
    `${String(sent)} in version "${version}" cannot be handled as a ${kind}: converting (${version}.${String(sent)}) to (${goType}): unknown conversion`,
  );
}

function parsed(body: Buffer, kind: string): ReturnType<typeof parseJson> {
  try {
    return parseJson(body.toString("utf8"));
  } catch (error) {
    const problem = `couldn't get version/kind; json parse error: ${(error as Error).message}`;
    throw unrecognized(problem, body, kind);
  }
}
