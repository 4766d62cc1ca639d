import type { Caller } from "../access/access.ts";
import { managerOf } from "../object/manager.ts";

/** A request whose body was read and whose caller is known. */
export interface ApiRequest {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  readonly caller: Caller;
  /** Host and port that the client has reached. */
  readonly address: string;
  /** Aborts when the client has gone, or the server closes. */
  readonly signal: AbortSignal;
}

/** A header that comes once. */
export function header(request: Pick<ApiRequest, "headers">, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : value?.[0];
}

/** Who writes, for `managedFields`. */
export function writerOf(request: ApiRequest): string {
  return managerOf(request.query.get("fieldManager") ?? "", header(request, "user-agent") ?? "");
}
