import type { LockCapabilities } from "@tenure/core";
import type { RandomStream } from "./random.ts";

/** Which store is imitated. */
export type FlavourName = "kubernetes" | "etcd" | "redis";

/** Where stores differ, as far as an elector can see. */
export interface Flavour {
  readonly name: FlavourName;
  readonly capabilities: Omit<LockCapabilities, "watch">;
  readonly watch: Exclude<LockCapabilities["watch"], "none">;
  /** The order of the next version, after `last`. `serverMicros`: the server's wall clock. */
  nextOrder(last: number, random: RandomStream, serverMicros: number): number;
  /** Whether the order survives a deletion; else the next record's begins with the server's clock. */
  readonly orderSurvivesDeletion: boolean;
  /** Whether a deletion is told with its order. */
  readonly deletionHasOrder: boolean;
  /** Whether a request that comes twice acts once, and one that comes too late not at all. */
  readonly guardsAgainstLateWrites: boolean;
}

/** resourceVersion is shared with every other object of the cluster: it jumps. */
const kubernetes: Flavour = {
  name: "kubernetes",
  capabilities: { fencing: "monotonic-unless-data-loss", granularityMs: 1000, durability: "replicated" },
  watch: "resumable",
  nextOrder: (last, random) => last + 1 + (random.chance(0.5) ? random.whole(0, 20) : 0),
  orderSurvivesDeletion: true,
  deletionHasOrder: true,
  guardsAgainstLateWrites: false,
};

/** mod_revision, shared with every other key. */
const etcd: Flavour = {
  name: "etcd",
  capabilities: { fencing: "monotonic-unless-data-loss", granularityMs: 1, durability: "replicated" },
  watch: "resumable",
  nextOrder: (last, random) => last + 1 + (random.chance(0.1) ? random.whole(0, 5) : 0),
  orderSurvivesDeletion: true,
  deletionHasOrder: true,
  guardsAgainstLateWrites: false,
};

/** `max(last + 1, server time)` in one script, with an op id and a not-after; told by PUBLISH. */
const redis: Flavour = {
  name: "redis",
  capabilities: { fencing: "monotonic-unless-data-loss", granularityMs: 1, durability: "best-effort" },
  watch: "hint",
  nextOrder: (last, _random, serverMicros) => Math.max(last + 1, serverMicros),
  orderSurvivesDeletion: false,
  deletionHasOrder: false,
  guardsAgainstLateWrites: true,
};

export const FLAVOURS: Readonly<Record<FlavourName, Flavour>> = { kubernetes, etcd, redis };
