import { EXIT } from "../exit-codes.ts";
import { CliError } from "../failure.ts";
import type { Io } from "../io.ts";
import type { RedisStore } from "../lock-url.ts";
import { withRedis } from "../redis-client.ts";
import type { StoreOptions } from "../store-options.ts";
import { type CheckReport, permission } from "./check-report.ts";

/** What the lock asks of Redis, in the order in which the script answers. */
const COMMANDS = {
  eval: "every operation is a script",
  evalsha: "every operation is a script",
  hgetall: "read the record",
  hset: "lead: write the record",
  time: "fencing tokens, and refusing late writes",
  publish: "tell standbys of a release",
  subscribe: "learn of a release at once; without it replicas poll",
} as const;

/** Redis is asked by its own rules what it would allow; nothing is run. The key is no KEY: the script does not touch it. */
const SCRIPT = `
local key, channel = ARGV[1], ARGV[2]
local function may(...) return redis.acl_check_cmd(...) and 1 or 0 end
return {
  may('EVAL', '', '1', key), may('EVALSHA', '', '1', key), may('HGETALL', key), may('HSET', key, 'version', '1'),
  may('TIME'), may('PUBLISH', channel, ''), may('SUBSCRIBE', channel),
}`;

/** Where a lock's record is. */
export interface RedisKeyUnderCheck {
  readonly key: string;
  readonly channel: string;
}

/** Asks Redis, command by command, what this user may do. Writes nothing. */
export async function checkRedis(
  store: RedisStore,
  { key, channel }: RedisKeyUnderCheck,
  options: StoreOptions,
  env: Io["env"],
): Promise<CheckReport> {
  const granted = await withRedis(store, options, env, async (redis) => {
    try {
      return (await redis.eval(SCRIPT, 0, key, channel)) as unknown[];
    } catch (error) {
      // Then nothing else can be asked, and nothing else helps.
      if (error instanceof Error && error.message.startsWith("NOPERM")) return [0];
      throw error;
    }
  });
  const items = Object.entries(COMMANDS).map(([command, why], index) =>
    permission(command, granted[index] === undefined ? undefined : granted[index] === 1, why),
  );
  const isMissing = items.some(({ result }) => result === "missing");
  return { items, fix: isMissing ? acl(store, key, channel) : undefined };
}

/** Adds to what the user has; the least there is stands in the README of lock-redis. */
function acl({ username = "default", database }: RedisStore, key: string, channel: string): string {
  const commands = [...Object.keys(COMMANDS), ...(database === 0 ? [] : ["select"])];
  return `ACL SETUSER ${username} ~${key} &${channel} ${commands.map((command) => `+${command}`).join(" ")}`;
}

/** The key in a lock's description, `"redis lease:{scheduler}"`. */
export function keyOf(description: string, { database }: RedisStore): RedisKeyUnderCheck {
  const [, key] = /^redis (.+)$/.exec(description) ?? [];
  if (key === undefined) throw new CliError(EXIT.failed, `Expected a lock of Redis, got ${description}`);
  return { key, channel: `${key}@${database}` };
}
