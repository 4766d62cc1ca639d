import { ApiError } from "../api-error.ts";
import type { AdjustableFaults, FaultsDescription } from "./create-faults.ts";
import type { FaultSettings } from "./fault-rule.ts";

/** Where faults are set over HTTP. */
export const FAULTS_PATH = "/-/faults";

/**
 * Answers a request to {@link FAULTS_PATH}: POST sets what its JSON body says, DELETE clears, GET changes nothing; each answers with
 * what is set then. `curl -d '{"rules":[{"verbs":["update"],"hangRate":1,"next":3}]}' URL/-/faults` hangs the next three updates.
 * @throws `ApiError` 400 when the body is not as it should be, nothing changed; 405 for another method.
 */
export function answerFaultsRequest(
  faults: AdjustableFaults,
  { method, body }: { readonly method: string; readonly body: Buffer },
): FaultsDescription {
  if (method === "POST") set(faults, body);
  else if (method === "DELETE") faults.clear();
  else if (method !== "GET") {
    throw new ApiError(
      405,
      "MethodNotAllowed",
      "the server does not allow this method on the requested resource",
    );
  }
  return faults.describe();
}

function set(faults: AdjustableFaults, body: Buffer): void {
  try {
    // `set` checks what it gets.
    faults.set(JSON.parse(body.toString()) as FaultSettings);
  } catch (error) {
    if (error instanceof SyntaxError) throw badRequest(`the body is not JSON: ${error.message}`);
    if (error instanceof TypeError || error instanceof RangeError) throw badRequest(error.message);
    throw error;
  }
}

function badRequest(message: string): ApiError {
  return new ApiError(400, "BadRequest", `Cannot set faults: ${message}`);
}
