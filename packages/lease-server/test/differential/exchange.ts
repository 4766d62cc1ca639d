import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";

/** A request as it goes out. */
export interface Outgoing {
  /** `"https://127.0.0.1:6443"` */
  readonly origin: string;
  /** Path and query, sent as they are. */
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
  /** PEM, for https. */
  readonly ca: string | undefined;
}

/** An answer as it came. */
export interface Incoming {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

/** Longer than the apiserver waits for a resourceVersion that it has not seen (3 s). */
const ANSWER_TIMEOUT_MS = 20_000;

/** Sends and resolves with the whole answer, on a connection of its own. */
export async function exchange(outgoing: Outgoing): Promise<Incoming> {
  const response = await open(outgoing, AbortSignal.timeout(ANSWER_TIMEOUT_MS));
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

/** What a stream brought. */
export interface Streamed extends Incoming {
  /** Who ended it; `"nobody"`: fewer events than wanted, and no end, came in the time. */
  readonly endedBy: "server" | "us" | "nobody";
}

/** Sends; once the status is there runs `meanwhile`; reads lines until there are `until`, or the server ends the answer. */
export async function exchangeStream(
  outgoing: Outgoing,
  until: number | "end",
  meanwhile: () => Promise<void>,
): Promise<Streamed> {
  const controller = new AbortController();
  const tooLate = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const response = await open(outgoing, AbortSignal.any([controller.signal, tooLate]));
  let text = "";
  let endedBy: Streamed["endedBy"] = "server";
  const reading = (async () => {
    try {
      for await (const chunk of response.setEncoding("utf8")) {
        text += chunk;
        // An answer that is no stream of events is read to its end.
        if (response.statusCode === 200 && until !== "end" && lineCount(text) >= until) {
          endedBy = "us";
          break;
        }
      }
    } catch (error) {
      if (!tooLate.aborted) throw error;
      endedBy = "nobody";
    }
  })();
  try {
    await Promise.all([reading, meanwhile()]);
  } finally {
    controller.abort();
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text, endedBy };
}

function lineCount(text: string): number {
  return text.split("\n").length - 1;
}

function open(outgoing: Outgoing, signal: AbortSignal): Promise<IncomingMessage> {
  const { origin, path, method, headers, body, ca } = outgoing;
  return new Promise((resolve, reject) => {
    const { protocol, hostname, port } = new URL(origin);
    const options = { hostname, port, path, method, headers, agent: false, signal } as const;
    const request = protocol === "https:" ? httpsRequest({ ...options, ca }) : httpRequest(options);
    request.once("response", resolve);
    request.on("error", reject);
    request.end(body);
  });
}
