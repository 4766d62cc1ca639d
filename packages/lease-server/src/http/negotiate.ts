import { ApiError } from "../api-error.ts";

/** In what shape an answer goes out. */
export type OutputShape =
  | { readonly kind: "object" }
  | { readonly kind: "table"; readonly version: "v1" | "v1beta1" }
  | { readonly kind: "partial"; readonly ofList: boolean; readonly version: "v1" | "v1beta1" }
  | { readonly kind: "discovery"; readonly version: "v2" | "v2beta1" };

/** Of the real server, which says so of itself. */
const ACCEPTED = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const KNOWN: ReadonlySet<string> = new Set([
  ...ACCEPTED.split(", "),
  "application/cbor",
  "*/*",
  "application/*",
]);
/** What is written; `*` stands for the first. */
const WRITTEN: ReadonlySet<string> = new Set([
  "application/json",
  "application/yaml",
  "*/*",
  "application/*",
]);

/** Which shapes a request may be answered in. */
export interface NegotiateOptions {
  /** Of resources: tables and metadata alone. */
  readonly transforms: boolean;
  /** Of `/api` and `/apis`: everything in one document. */
  readonly aggregatedDiscovery?: boolean | undefined;
}

/**
 * The first shape of `Accept` that this server has. It writes JSON and YAML, no protobuf.
 * @throws `ApiError` 406.
 */
export function outputShape(accept: string | undefined, options: NegotiateOptions): OutputShape {
  const ranges = rangesOf(accept);
  for (const range of ranges) {
    const shape = WRITTEN.has(range.type) ? shapeOf(range, options) : undefined;
    if (shape !== undefined) return shape;
  }
  if (ranges.some(({ type }) => KNOWN.has(type))) {
    throw notAcceptable(`only the following media types are accepted: ${ACCEPTED}`);
  }
  const message = `406: Not Acceptable\n\nAvailable representations: ${ACCEPTED}`;
  throw new ApiError(406, "NotAcceptable", message, {});
}

/** Whether an answer, and a refusal too, goes out as YAML. */
export function wantsYaml(accept: string | undefined): boolean {
  return rangesOf(accept).find(({ type }) => WRITTEN.has(type))?.type === "application/yaml";
}

/** The 406. */
export function notAcceptable(message: string): ApiError {
  return new ApiError(406, "NotAcceptable", message);
}

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** The best first. */
function rangesOf(accept = ""): readonly MediaRange[] {
  const text = accept.trim() === "" ? "*/*" : accept;
  return text
    .split(",")
    .map(parseRange)
    .sort((a, b) => b.quality - a.quality);
}

function parseRange(text: string): MediaRange {
  const [type = "", ...rest] = text.split(";").map((part) => part.trim().toLowerCase());
  const parameters = new Map(
    rest.map((part) => {
      const [name = "", value = ""] = part.split("=", 2);
      return [name.trim(), value.trim()] as const;
    }),
  );
  const quality = Number(parameters.get("q") ?? "1");
  return { type, parameters, quality: Number.isNaN(quality) ? 0 : quality };
}

function shapeOf({ parameters }: MediaRange, options: NegotiateOptions): OutputShape | undefined {
  const as = parameters.get("as");
  if (as === undefined) return { kind: "object" };
  const group = parameters.get("g");
  const version = parameters.get("v");
  if (options.aggregatedDiscovery && as === "apigroupdiscoverylist" && group === "apidiscovery.k8s.io") {
    return version === "v2" || version === "v2beta1" ? { kind: "discovery", version } : undefined;
  }
  if (!options.transforms || group !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1"))
    return undefined;
  if (as === "table") return { kind: "table", version };
  if (as === "partialobjectmetadata") return { kind: "partial", ofList: false, version };
  return as === "partialobjectmetadatalist" ? { kind: "partial", ofList: true, version } : undefined;
}
