import type { LeaderElectionRecord, VersionedRecord } from "@tenure/core";

/** The fields of the hash that scripts answer with, as they come: missing ones are `null`, or `false` in JSON. */
export interface StoredFields {
  readonly version: unknown;
  readonly generation: unknown;
  readonly record: unknown;
  readonly op: unknown;
}

/** What is stored is no record of ours. The message says what is wrong with it. */
export class UnreadableRecord extends Error {}

const MAX_TRANSITIONS = 2 ** 31 - 1;
/** The script adds one to it, in doubles. */
const MAX_VERSION = 2 ** 53 - 2;

/**
 * The record as the hash holds it: JSON with the record's own names, what is `undefined` left out.
 * Example: `{"holderIdentity":"pod-1_x7","leaseDurationMs":15000,"acquireTime":"2026-11-23T19:13:00.123456Z",…}`
 *
 * @throws `TypeError` or `RangeError` when the record cannot be stored so that it reads back the same.
 */
export function encodeRecord(record: LeaderElectionRecord): string {
  const { holderIdentity, leaseDurationMs, acquireTime, renewTime, leaderTransitions, ...rest } = record;
  const stored = {
    holderIdentity,
    leaseDurationMs,
    acquireTime,
    renewTime,
    leaderTransitions,
    strategy: rest.strategy,
    preferredHolder: rest.preferredHolder,
  };
  const problem = problemOf(stored);
  if (problem === undefined) return JSON.stringify(stored);
  throw problem.wrongType ? new TypeError(problem.message) : new RangeError(problem.message);
}

/** @throws UnreadableRecord */
export function decodeRecord({ version, generation, record, op }: StoredFields): VersionedRecord {
  if (typeof version !== "string" || !/^[1-9]\d{0,15}$/.test(version) || Number(version) > MAX_VERSION) {
    throw new UnreadableRecord("its `version` is no decimal number below 2^53");
  }
  if (typeof generation !== "string" || generation === "") {
    throw new UnreadableRecord("it has no `generation`");
  }
  if (typeof op !== "string" || op === "") throw new UnreadableRecord("it has no `op`");
  return Object.freeze({
    record: parseRecord(record),
    // Both: should data be lost *and* the clock be behind (a fail-over can do it), the number alone could come again.
    version: `${version}.${op}`,
    incarnation: generation,
    fencingToken: BigInt(version),
  });
}

function parseRecord(json: unknown): LeaderElectionRecord {
  let parsed: unknown;
  try {
    parsed = typeof json === "string" ? JSON.parse(json) : undefined;
  } catch {
    // A parser's own message would quote what is stored.
  }
  if (typeof parsed !== "object" || parsed === null)
    throw new UnreadableRecord("its `record` is no JSON object");
  const problem = problemOf(parsed);
  if (problem !== undefined) throw new UnreadableRecord(problem.message);
  // Just checked.
  const fields = parsed as LeaderElectionRecord;
  return Object.freeze({
    holderIdentity: fields.holderIdentity,
    leaseDurationMs: fields.leaseDurationMs,
    acquireTime: fields.acquireTime,
    renewTime: fields.renewTime,
    leaderTransitions: fields.leaderTransitions,
    ...(fields.strategy !== undefined && { strategy: fields.strategy }),
    ...(fields.preferredHolder !== undefined && { preferredHolder: fields.preferredHolder }),
  });
}

interface Problem {
  readonly message: string;
  readonly wrongType: boolean;
}

function problemOf(fields: Readonly<Record<string, unknown>> | object): Problem | undefined {
  const values: Readonly<Record<string, unknown>> = { ...fields };
  if (typeof values["holderIdentity"] !== "string") return wrongType("holderIdentity", "a string", values);
  for (const name of ["acquireTime", "renewTime", "strategy", "preferredHolder"]) {
    const value = values[name];
    if (value !== undefined && typeof value !== "string") return wrongType(name, "a string", values);
  }
  return (
    integerProblem("leaseDurationMs", Number.MAX_SAFE_INTEGER, values) ??
    integerProblem("leaderTransitions", MAX_TRANSITIONS, values)
  );
}

function integerProblem(
  name: string,
  max: number,
  values: Readonly<Record<string, unknown>>,
): Problem | undefined {
  const value = values[name];
  if (typeof value !== "number") return wrongType(name, "a number", values);
  if (Number.isInteger(value) && value >= 0 && value <= max) return undefined;
  return { message: `Expected \`${name}\` as an integer from 0 to ${max}, got ${value}`, wrongType: false };
}

function wrongType(name: string, expected: string, values: Readonly<Record<string, unknown>>): Problem {
  const value = values[name];
  return {
    message: `Expected \`${name}\` as ${expected}, got ${value === null ? "null" : typeof value}`,
    wrongType: true,
  };
}
