/**
 * Records what the real kube-apiserver answers to the requests of src/object/recorded/scenarios.fixture.ts, for
 * recorded-answers.test.ts:
 * `npx -y pnpm@12.21.0 testbed run -- node packages/lease-server/test/record-answers.ts`
 */
import { writeFileSync } from "node:fs";
import { request } from "node:https";
import {
  CONTENT_TYPES,
  NAME,
  type RecordedRequest,
  SCENARIOS,
} from "../src/object/recorded/scenarios.fixture.ts";

const { KUBE_APISERVER_URL, KUBE_ADMIN_TOKEN } = process.env;
if (KUBE_APISERVER_URL === undefined || KUBE_ADMIN_TOKEN === undefined) {
  throw new Error("Run this through the testbed: it needs KUBE_APISERVER_URL and KUBE_ADMIN_TOKEN");
}
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

interface Answer {
  readonly code: number;
  readonly body: unknown;
  readonly warnings: readonly string[];
}

async function send(
  recorded: RecordedRequest | { verb: "GET" | "DELETE" },
  isDryRun: boolean,
): Promise<Answer> {
  const { verb } = recorded;
  const query = "query" in recorded ? recorded.query : undefined;
  const parameters = [isDryRun ? "dryRun=All" : "", query ?? ""].filter((text) => text !== "").join("&");
  const path = `${verb === "POST" ? LEASES : `${LEASES}/${NAME}`}?${parameters}`;
  const headers: Record<string, string> = { authorization: `Bearer ${KUBE_ADMIN_TOKEN}` };
  let body: string | undefined;
  if ("body" in recorded) {
    body = typeof recorded.body === "string" ? recorded.body : JSON.stringify(recorded.body);
    headers["content-type"] = CONTENT_TYPES[recorded.type ?? "json"];
    headers["user-agent"] = recorded.userAgent ?? "recorder/1";
  }
  return new Promise((resolve, reject) => {
    // The testbed's certificate is made anew for every start, and the server is on this machine.
    const sent = request(new URL(path, KUBE_APISERVER_URL), {
      method: verb,
      headers,
      rejectUnauthorized: false,
    });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const warnings = response.rawHeaders.filter(
          (_, index, all) => all[index - 1]?.toLowerCase() === "warning",
        );
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ code: response.statusCode ?? 0, body: JSON.parse(text), warnings });
      });
    });
    sent.end(body);
  });
}

async function remove(): Promise<void> {
  await send({ verb: "DELETE" }, false);
  const left = await send({ verb: "GET" }, false);
  if (left.code === 404) return;
  await send({ verb: "PATCH", type: "merge", body: { metadata: { finalizers: null } } }, false);
}

const recordings: unknown[] = [];
for (const { title, stored, isDryRun, requests } of SCENARIOS) {
  await remove();
  if (stored !== undefined) await send({ verb: "POST", body: stored, userAgent: "one/1" }, false);
  const cases: unknown[] = [];
  let before: string | undefined;
  for (const recorded of requests) {
    const live = await send({ verb: "GET" }, false);
    const liveText = JSON.stringify(live.code === 200 ? live.body : null);
    const version =
      (live.body as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion ?? "";
    const body = JSON.parse(JSON.stringify(recorded.body ?? null).replaceAll("$VERSION", version)) as unknown;
    const request = { ...recorded, body };
    const answer = await send(request, isDryRun);
    cases.push({
      ...(liveText === before ? {} : { live: JSON.parse(liveText) as unknown }),
      request,
      answer,
    });
    before = liveText;
  }
  recordings.push({ title, cases });
}
await remove();
const lines = recordings.map((recording) => JSON.stringify(recording));
const file = new URL("../src/object/recorded/answers.fixture.jsonl", import.meta.url);
writeFileSync(file, `${lines.join("\n")}\n`);
console.log(`recorded ${SCENARIOS.reduce((sum, { requests }) => sum + requests.length, 0)} answers`);
