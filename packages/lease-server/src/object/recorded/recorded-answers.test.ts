import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../api-error.ts";
import { decodeLease, type FieldValidation } from "../decode-lease.ts";
import type { Lease } from "../lease.ts";
import { managerOf } from "../manager.ts";
import { patchLease } from "../patch-lease.ts";
import { checkName, inNamespace, prepareCreate, prepareCreateByUpdate, prepareUpdate } from "../prepare.ts";
import { CONTENT_TYPES, NAME, type RecordedRequest } from "./scenarios.fixture.ts";

interface Recording {
  readonly title: string;
  readonly cases: readonly {
    /** What was stored before; as before the case above where it is left out. */
    readonly live?: Lease | null;
    readonly request: RecordedRequest;
    readonly answer: { readonly code: number; readonly body: unknown; readonly warnings: readonly string[] };
  }[];
}

interface Answer {
  readonly code: number;
  readonly body: unknown;
  readonly warnings: readonly string[];
}

const lines = readFileSync(new URL("answers.fixture.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n");

describe.each(lines.map((line) => JSON.parse(line) as Recording))(
  "the real server's answers: $title",
  ({ cases }) => {
    let live: Lease | undefined;
    const numbered = cases.map((recorded, index) => {
      if (recorded.live !== undefined) live = recorded.live ?? undefined;
      return { ...recorded, live, name: `${index}: ${summaryOf(recorded.request)}` };
    });

    it.each(numbered)("$name", ({ live: stored, request, answer }) => {
      expect(comparable(answerTo(request, stored, answer))).toEqual(comparable(answer));
    });
  },
);

function answerTo(request: RecordedRequest, live: Lease | undefined, answer: Answer): Answer {
  // Warnings go out with refusals, too; only those of a refused patch are not known to the caller.
  const warnings: string[] = request.verb === "PATCH" && answer.code >= 400 ? [...answer.warnings] : [];
  try {
    const lease = store(request, live, warnings, made(answer));
    return { code: live === undefined || request.verb === "POST" ? 201 : 200, body: lease, warnings };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { code: error.code, body: error.toStatus(), warnings };
  }
}

/** When and with which uid the real server wrote. */
function made({ body }: Answer): { readonly nowMs: number; readonly uid: string } {
  const { metadata } = body as Lease;
  const times = (metadata.managedFields ?? []).map(({ time = "" }) => time).filter((time) => time !== "");
  return {
    nowMs: Date.parse(times.sort().at(-1) ?? metadata.creationTimestamp ?? "2030-01-01"),
    uid: metadata.uid ?? "",
  };
}

function store(
  { verb, type = "json", body, query = "", userAgent = "recorder/1" }: RecordedRequest,
  live: Lease | undefined,
  warnings: string[],
  { nowMs, uid }: ReturnType<typeof made>,
): Lease {
  const parameters = new URLSearchParams(query);
  const manager = managerOf(parameters.get("fieldManager") ?? "", userAgent);
  const contentType = CONTENT_TYPES[type];
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body), "utf8");
  // The recorder uses no other values.
  const fieldValidation = (parameters.get("fieldValidation") ?? "Warn") as FieldValidation;
  if (verb === "PATCH") {
    const force = parameters.get("force") === "true";
    const read = { contentType, body: bytes, force, fieldValidation };
    const patched = patchLease({ ...read, live, name: NAME, namespace: "default", manager, nowMs, uid });
    warnings.push(...patched.warnings);
    return patched.lease;
  }
  const decoded = decodeLease(bytes, { contentType, fieldValidation });
  warnings.push(...decoded.warnings);
  if (verb === "POST") {
    return prepareCreate({ lease: decoded.lease, namespace: "default", manager, nowMs, uid, dryRun: true });
  }
  const lease = inNamespace(decoded.lease, "default");
  checkName(lease, NAME);
  if (live === undefined) return prepareCreateByUpdate({ lease, manager, nowMs, uid });
  return prepareUpdate({ lease, live, manager, nowMs });
}

/** Without what differs from run to run. */
function comparable({ code, body, warnings }: Answer): unknown {
  const text = JSON.stringify(body)
    .replaceAll("/registry/leases/", "/leases/")
    .replaceAll(/(?<=foo-|Foo_|f{58})[a-z0-9]{5}(?=\\?")/g, "NNNNN");
  const parsed = JSON.parse(text) as { metadata?: Record<string, unknown> };
  // Dry runs show the version that was sent.
  delete parsed.metadata?.["resourceVersion"];
  return { code, body: parsed, warnings: warnings.map(textOf) };
}

/** The text of a `Warning` header. */
function textOf(warning: string): string {
  return warning.startsWith("299 - ") ? (JSON.parse(warning.slice("299 - ".length)) as string) : warning;
}

function summaryOf({ verb, type = "json", body, query = "" }: RecordedRequest): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return `${verb} ${type} ${query} ${text.slice(0, 90)}`.replaceAll("$", "").replaceAll("%", "");
}
