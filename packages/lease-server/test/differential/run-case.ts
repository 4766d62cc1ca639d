import { setTimeout as sleep } from "node:timers/promises";
import { exchange, exchangeStream, type Incoming, type Outgoing } from "./exchange.ts";
import { fillBody, fillText } from "./fill.ts";
import { type Case, FORGET, NEXT_SECOND, type RequestStep, type Step } from "./step.ts";
import type { Target } from "./target.ts";

/** What one step brought. */
export interface Outcome {
  /** The request as it is written in the set. */
  readonly request: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Parsed where it is JSON. */
  readonly body?: unknown;
  /** Of a watch. */
  readonly events?: readonly unknown[];
  readonly endedBy?: string;
  /** Why there is no answer. */
  readonly failure?: string;
}

/** The headers that are compared; the others speak of the connection (`date`, `audit-id`) or of flow control. */
const COMPARED_HEADERS = [
  "content-type",
  "warning",
  "cache-control",
  "allow",
  "retry-after",
  "location",
  "www-authenticate",
] as const;

/** Sends the requests of a case one after another; what they answer is data, also when there is no answer. */
export async function runCase({ steps }: Case, target: Target, namespace: string): Promise<Outcome[]> {
  const known: Record<string, unknown> = { ns: namespace };
  const outcomes: Outcome[] = [];
  const run = async (step: Step): Promise<void> => {
    const index = outcomes.push({ request: `${step.method} ${step.path}` }) - 1; // requests made during a watch come after it
    const outcome = await runStep(step, target, known, run);
    outcomes[index] = { request: `${step.method} ${step.path}`, ...outcome };
    if (step.as !== undefined && typeof outcome.body === "object") known[step.as] = outcome.body;
  };
  for (const step of steps) await run(step);
  return outcomes;
}

async function runStep(
  step: Step,
  target: Target,
  known: Readonly<Record<string, unknown>>,
  run: (step: RequestStep) => Promise<void>,
): Promise<Omit<Outcome, "request">> {
  try {
    if (step === FORGET) {
      await target.forget();
      return {};
    }
    if (step === NEXT_SECOND) {
      await sleep(1_001);
      return {};
    }
    const outgoing = toOutgoing(step, target, known);
    if (!("until" in step)) return toOutcome(await exchange(outgoing), step);
    const streamed = await exchangeStream(outgoing, step.until, async () => {
      for (const inner of step.meanwhile ?? []) await run(inner);
    });
    const { endedBy, text } = streamed;
    if (streamed.status !== 200) return toOutcome(streamed, step);
    // What else came in the last packet is a matter of time.
    const wanted = step.until === "end" ? undefined : step.until;
    const events = text
      .split("\n")
      .filter((line) => line !== "")
      .slice(0, wanted);
    return { status: streamed.status, headers: compared(streamed), events: events.map(parse), endedBy };
  } catch (error) {
    return { failure: String(error) };
  }
}

function toOutgoing(step: Step, target: Target, known: Readonly<Record<string, unknown>>): Outgoing {
  const body = fillBody(step.body, known);
  const headers: Record<string, string> = { accept: "application/json", "user-agent": "differential/1.0" };
  if (body !== undefined) {
    headers["content-type"] = "application/json";
    headers["content-length"] = String(Buffer.byteLength(body)); // Node adds none to a DELETE
  }
  const own = Object.entries(step.headers ?? {}).map(([name, value]) => [name, fillText(value, known)]);
  Object.assign(headers, target.credentials(step.by ?? "admin"), Object.fromEntries(own));
  for (const name of Object.keys(headers)) if (headers[name] === "") delete headers[name]; // "": do not send it
  const path = fillText(step.path, known);
  return { origin: target.url, path, method: step.method, headers, body, ca: target.ca };
}

function toOutcome(incoming: Incoming, { pick }: RequestStep): Omit<Outcome, "request"> {
  const body = parse(incoming.text);
  return {
    status: incoming.status,
    headers: compared(incoming),
    body: pick === undefined ? body : pick(body),
  };
}

function compared({ headers }: Incoming): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const name of COMPARED_HEADERS) {
    const value = headers[name];
    if (value !== undefined) result[name] = String(value);
  }
  return result;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
