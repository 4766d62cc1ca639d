import type { Redactor } from "@tenure/core/backend";
import type { RedisOptions } from "ioredis";
import type { Deployment } from "./deployment.ts";
import { IoredisConnection } from "./ioredis-connection.ts";
import type { OpenOptions, RedisConnection, RedisConnector } from "./redis-connection.ts";

/** No less for a step: a Sentinel that is merely slow should not be passed over. */
const MIN_STEP_MS = 50;

/** Connects to one server, or to the primary that the first Sentinel to answer names. */
export class SingleConnector implements RedisConnector {
  readonly server: string;
  readonly #deployment: Deployment;
  readonly #redact: Redactor;
  /** The Sentinels, the one to ask first at the head. */
  #sentinels: NonNullable<RedisOptions["sentinels"]>;

  constructor(deployment: Deployment, redact: Redactor) {
    const { options } = deployment;
    this.#deployment = deployment;
    this.#redact = redact;
    this.#sentinels = [...(options.sentinels ?? [])];
    this.server =
      deployment.kind === "sentinel"
        ? `the primary of Sentinel's "${options.name}"`
        : (options.path ?? `${options.host ?? "localhost"}:${options.port ?? 6379}`);
  }

  async open({ timeoutMs, signal }: OpenOptions): Promise<RedisConnection> {
    const { kind, options, database } = this.#deployment;
    const sentinels = this.#sentinels;
    // Another one first every time: one that is silent would use up the time of every attempt, and one that has not heard
    // of a fail-over would send us back to the old primary.
    const [first, ...others] = sentinels;
    if (first !== undefined) this.#sentinels = [...others, first];
    return IoredisConnection.open(
      {
        // ioredis adds the Sentinels it hears of to the array, so it gets one of its own.
        options: kind === "sentinel" ? { ...options, sentinels: [...sentinels] } : options,
        database,
        address: this.server,
        redact: this.#redact,
        stepTimeoutMs:
          kind === "sentinel" ? Math.max(MIN_STEP_MS, Math.floor(timeoutMs / (sentinels.length + 1))) : 0,
      },
      { signal },
    );
  }
}
