import { EXIT } from "../exit-codes.ts";
import { CliError, usageError } from "../failure.ts";

/** What `GET /leader` of a health port says, as far as it is used. */
export interface LeaderAnswer {
  readonly identity: string;
  readonly isLeader: boolean;
}

/** A health port of `tenure run`, or of anything that speaks like one. */
export class HealthAddress {
  /** `"http://10.1.2.3:8080"` */
  readonly url: string;

  /** @throws `CliError` when it is no http or https URL */
  constructor(text: string) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isPlain = url?.username === "" && url.password === "" && url.search === "" && url.hash === "";
    if (url === undefined || !isPlain || !/^https?:$/.test(url.protocol)) {
      throw usageError("Expected --at http://HOST:PORT or https://HOST:PORT, of a holder's health port");
    }
    this.url = `${url.origin}${url.pathname.replace(/\/$/, "")}`;
  }

  /**
   * Who listens there.
   * @throws `CliError` when nobody does, or it is no health port
   */
  async leader(timeoutMs: number): Promise<LeaderAnswer> {
    const response = await this.#fetch("GET", "/leader", {}, timeoutMs);
    const answer: unknown =
      response.status === 200 ? await response.json().catch(() => undefined) : undefined;
    if (!isLeaderAnswer(answer)) {
      throw new CliError(EXIT.failed, `${this.url}/leader is not the health port of a candidate`);
    }
    return answer;
  }

  /**
   * Asks it to step down; the status says what came of it.
   * @throws `CliError` when no answer came
   */
  async stepDown(token: string, timeoutMs: number): Promise<number> {
    const headers = { authorization: `Bearer ${token}` };
    return (await this.#fetch("POST", "/step-down", headers, timeoutMs)).status;
  }

  async #fetch(
    method: string,
    path: string,
    headers: Record<string, string>,
    timeoutMs: number,
  ): Promise<Response> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      // Whoever redirects would get the token shown to another.
      return await fetch(`${this.url}${path}`, { method, headers, redirect: "error", signal });
    } catch (error) {
      const { cause } = error as { readonly cause?: { readonly code?: unknown; readonly message?: unknown } };
      const why = signal.aborted
        ? `no answer within ${timeoutMs} ms`
        : String(cause?.code ?? cause?.message ?? "no HTTP answer");
      throw new CliError(EXIT.unreachable, `${this.url} was not reached: ${why}`, { cause: error });
    }
  }
}

function isLeaderAnswer(value: unknown): value is LeaderAnswer {
  const { identity, isLeader } = (value ?? {}) as Partial<LeaderAnswer>;
  return typeof identity === "string" && typeof isLeader === "boolean";
}
