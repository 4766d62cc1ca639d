import { ApiError } from "../api-error.ts";
import { type ApiRequest, header } from "./api-request.ts";
import { outputShape } from "./negotiate.ts";
import type { ShapeRequest } from "./shapes.ts";

/** How a request wants its objects. @throws `ApiError` 400, 406. */
export function shapeRequest(request: ApiRequest, { now }: { readonly now: () => number }): ShapeRequest {
  const shape = outputShape(header(request, "accept"), { transforms: true });
  const includeObject = request.query.get("includeObject") ?? "";
  if (shape.kind === "table" && !["", "None", "Metadata", "Object"].includes(includeObject)) {
    throw new ApiError(
      400,
      "BadRequest",
      `Unable to convert to Table as requested: includeObject: Invalid value: "${includeObject}": must be 'Metadata', 'Object', 'None', or empty`,
    );
  }
  return { shape, includeObject, now };
}
