import { LeaderElectionError, type ResourceLock, type VersionedRecord } from "@tenure/core";
import { Command, Option } from "commander";
import { checkEtcd } from "../check/check-etcd.ts";
import { checkKubernetes } from "../check/check-kubernetes.ts";
import { checkRedis, keyOf } from "../check/check-redis.ts";
import type { CheckItem, CheckReport, CheckResult } from "../check/check-report.ts";
import { checkClock, checkTls } from "../check/check-surroundings.ts";
import { checkTiming } from "../check/check-timing.ts";
import { parseDuration } from "../duration.ts";
import { EXIT } from "../exit-codes.ts";
import { type Io, print, printJson, style } from "../io.ts";
import { kubeAccess } from "../kube-access.ts";
import { type LockUrl, parseLockUrl } from "../lock-url.ts";
import { openLock } from "../open-lock.ts";
import { storeClock } from "../store-clock.ts";
import { addStoreOptions, type StoreOptions } from "../store-options.ts";
import { visible } from "../visible-text.ts";

interface CheckOptions extends StoreOptions {
  readonly leaseDuration?: number;
  readonly renewDeadline?: number;
  readonly retryPeriod?: number;
  readonly killGrace?: number;
  readonly json?: true;
}

/** `tenure check`: whether an election can work here, before it has to. */
export function checkCommand(io: Io): Command {
  const command = new Command("check")
    .description(
      "Check connection, permissions, clock, TLS and settings of a lock, and print what to allow. Never writes.",
    )
    .argument("<url>", "the lock, e.g. k8s://default/scheduler")
    .option("--json", "one JSON document");
  for (const [flag, what] of [
    ["--lease-duration", "check these settings (default: 15s)"],
    ["--renew-deadline", "the same (default: 10s)"],
    ["--retry-period", "the same (default: 2s)"],
    ["--kill-grace", "the same (default: half of lease less deadline)"],
  ]) {
    command.addOption(new Option(`${flag} <duration>`, what).argParser(parseDuration));
  }
  command.addHelpText(
    "after",
    `
Examples:
  tenure check k8s://default/scheduler
  tenure check rediss://app@redis.internal/scheduler --password-file pw --ca-file ca.pem --lease-duration 30s

Exit codes: 0 all there (warnings included), 1 something is missing, 2 to 5 see \`tenure --help\`.`,
  );
  return addStoreOptions(command).action(async (text: string, options: CheckOptions) => {
    const url = parseLockUrl(text);
    await using opened = await openLock(url, options, io.env);
    const { lock, description } = opened;
    const connection = await connect(lock, options);
    const store = await checkStore(url, lock, connection, options, io);
    const items = [
      connection.item,
      ...store.items,
      checkClock(await storeClock(url, options, io.env)),
      checkTls(await securityOf(url, options, io)),
      checkTiming(lock, {
        leaseDurationMs: options.leaseDuration,
        renewDeadlineMs: options.renewDeadline,
        retryPeriodMs: options.retryPeriod,
        killGraceMs: options.killGrace,
      }),
    ];
    if (options.json) printJson(io, { lock: description, items, fix: store.fix ?? null });
    else show(io, description, items, store.fix);
    io.exitCode = items.some(({ result }) => result === "missing") ? EXIT.no : EXIT.ok;
  });
}

interface Connection {
  readonly item: CheckItem;
  /** Whether the record exists; `undefined` when it could not be read. */
  readonly exists: boolean | undefined;
}

/** Reads the record once. A refusal is a connection, too: what is missing comes out of the permissions. */
async function connect(lock: ResourceLock, { timeout }: CheckOptions): Promise<Connection> {
  const item = (result: CheckResult, detail: string): CheckItem => ({ check: "record", result, detail });
  try {
    const found = await lock.get({ timeoutMs: timeout });
    return { item: item("ok", describeRecord(found)), exists: found !== undefined };
  } catch (error) {
    if (!LeaderElectionError.is(error)) throw error;
    if (error.code === "ERR_LOCK_FORBIDDEN") {
      return { item: item("unknown", "the store answers, and does not let it be read"), exists: undefined };
    }
    if (error.code !== "ERR_LOCK_RECORD_INVALID") throw error;
    return { item: item("missing", error.message.split("\n", 1)[0] ?? ""), exists: true };
  }
}

function describeRecord(found: VersionedRecord | undefined): string {
  if (found === undefined) return "the store answers; there is none yet";
  const { holderIdentity } = found.record;
  return holderIdentity === ""
    ? "the store answers; it is free"
    : `the store answers; ${holderIdentity} holds it`;
}

async function checkStore(
  url: LockUrl,
  lock: ResourceLock,
  { exists }: Connection,
  options: CheckOptions,
  io: Io,
): Promise<CheckReport> {
  switch (url.kind) {
    case "redis":
      return await checkRedis(url, keyOf(lock.description, url), options, io.env);
    case "etcd":
      return await checkEtcd(url, options, io.env);
    default: {
      const { kubeConfig } = await kubeAccess(url, options, io.env);
      const { namespace, name } = url;
      return await checkKubernetes(kubeConfig, { namespace, name, exists }, { timeoutMs: options.timeout });
    }
  }
}

async function securityOf(
  url: LockUrl,
  options: CheckOptions,
  io: Io,
): Promise<"verified" | "not verified" | "none"> {
  if (url.kind === "redis" || url.kind === "etcd") return url.tls ? "verified" : "none";
  const cluster = (await kubeAccess(url, options, io.env)).kubeConfig.getCurrentCluster();
  if (!cluster?.server.startsWith("https:")) return "none";
  return cluster.skipTLSVerify === true ? "not verified" : "verified";
}

const MARKS: Readonly<Record<CheckResult, readonly ["green" | "red" | "yellow" | "gray", string]>> = {
  ok: ["green", "ok"],
  missing: ["red", "MISSING"],
  warning: ["yellow", "warning"],
  unknown: ["gray", "unknown"],
};

function show(io: Io, lock: string, items: readonly CheckItem[], fix: string | undefined): void {
  print(io, lock);
  for (const { check, result, detail } of items) {
    const [color, mark] = MARKS[result];
    print(io, `  ${style(io.stdout, color, mark.padEnd(8))}${check.padEnd(22)}${visible(detail)}`);
  }
  if (fix !== undefined) print(io, `\nThis allows what an election needs:\n\n${fix}`);
}
