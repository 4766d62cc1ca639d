import { ApiError } from "../api-error.ts";

/** In what shape an answer goes out. */
export type OutputShape = "object" | "table" | "partial" | "discovery-v2" | "discovery-v2beta1";

/** Of the real server, which says so of itself. */
const ACCEPTED = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const KNOWN: ReadonlySet<string> = new Set([
  ...ACCEPTED.split(", "),
  "application/cbor",
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
 * The first shape of `Accept` that this server has. It writes JSON only.
 * @throws `ApiError` 406.
 */
export function outputShape(accept: string | undefined, options: NegotiateOptions): OutputShape {
  if (accept === undefined || accept.trim() === "") return "object";
  const ranges = accept.split(",").map(parseRange);
  for (const range of ranges.toSorted((a, b) => b.quality - a.quality)) {
    const shape = shapeOf(range, options);
    if (shape !== undefined) return shape;
  }
  if (!ranges.some(({ type }) => KNOWN.has(type))) {
    throw new ApiError(
      406,
      "NotAcceptable",
      `406: Not Acceptable\n\nAvailable representations: ${ACCEPTED}`,
      {},
    );
  }
  throw new ApiError(406, "NotAcceptable", `only the following media types are accepted: ${ACCEPTED}`);
}

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
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

function shapeOf({ type, parameters }: MediaRange, options: NegotiateOptions): OutputShape | undefined {
  if (type !== "application/json" && type !== "*/*" && type !== "application/*") return undefined;
  const as = parameters.get("as");
  if (as === undefined) return "object";
  const group = parameters.get("g");
  const version = parameters.get("v");
  if (options.aggregatedDiscovery && as === "apigroupdiscoverylist" && group === "apidiscovery.k8s.io") {
    if (version === "v2") return "discovery-v2";
    return version === "v2beta1" ? "discovery-v2beta1" : undefined;
  }
  if (!options.transforms || group !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1"))
    return undefined;
  if (as === "table") return "table";
  return as === "partialobjectmetadata" || as === "partialobjectmetadatalist" ? "partial" : undefined;
}
