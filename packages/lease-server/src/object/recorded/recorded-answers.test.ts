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

const UID = "00000000-0000-0000-0000-000000000000";
const NOW_MS = Date.UTC(2030, 0, 1);

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
      expect(comparable(answerTo(request, stored))).toEqual(comparable(answer));
    });
  },
);

function answerTo(request: RecordedRequest, live: Lease | undefined): Answer {
  try {
    const { lease, warnings } = store(request, live);
    const isNew = live === undefined || request.verb === "POST";
    return { code: isNew ? 201 : 200, body: lease, warnings };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { code: error.code, body: error.toStatus(), warnings: [] };
  }
}

function store(
  { verb, type = "json", body, query = "", userAgent = "recorder/1" }: RecordedRequest,
  live: Lease | undefined,
): { lease: Lease; warnings: readonly string[] } {
  const parameters = new URLSearchParams(query);
  const common = {
    manager: managerOf(parameters.get("fieldManager") ?? "", userAgent),
    nowMs: NOW_MS,
    uid: UID,
  };
  const contentType = CONTENT_TYPES[type];
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body), "utf8");
  // The recorder uses no other values.
  const fieldValidation = (parameters.get("fieldValidation") ?? "Warn") as FieldValidation;
  if (verb === "PATCH") {
    const force = parameters.get("force") === "true";
    const place = { name: NAME, namespace: "default" };
    return patchLease({ ...common, ...place, contentType, body: bytes, live, force, fieldValidation });
  }
  const { lease, warnings } = decodeLease(bytes, { contentType, fieldValidation });
  if (verb === "POST") {
    return { lease: prepareCreate({ ...common, lease, namespace: "default", dryRun: true }), warnings };
  }
  const placed = inNamespace(lease, "default");
  checkName(placed, NAME);
  const prepared =
    live === undefined
      ? prepareCreateByUpdate({ ...common, lease: placed })
      : prepareUpdate({ ...common, lease: placed, live });
  return { lease: prepared, warnings };
}

/** Without what differs from run to run. */
function comparable({ code, body, warnings }: Answer): unknown {
  const text = JSON.stringify({
    code,
    body,
    warnings: warnings.map((warning) => warning.replace(/^299 - /, "")),
  })
    .replaceAll(/"time":"[^"]*"/g, '"time":"T"')
    .replaceAll(/foo-[a-z0-9]{5}\b/g, "foo-NNNNN")
    .replaceAll(/Foo_[a-z0-9]{5}\b/g, "Foo_NNNNN")
    .replaceAll(/(f{58})[a-z0-9]{5}(?=\\|")/g, "$1NNNNN");
  const parsed = JSON.parse(text) as { body: { metadata?: Record<string, unknown> }; warnings: string[] };
  for (const field of ["uid", "resourceVersion", "creationTimestamp"]) delete parsed.body.metadata?.[field];
  return {
    ...parsed,
    warnings: parsed.warnings.map((warning) => (warning.startsWith('"') ? JSON.parse(warning) : warning)),
  };
}

function summaryOf({ verb, type = "json", body, query = "" }: RecordedRequest): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return `${verb} ${type} ${query} ${text.slice(0, 90)}`.replaceAll("$", "").replaceAll("%", "");
}
