import { fileURLToPath } from "node:url";
import { testResourceLock } from "@tenure/conformance";
import { CellLock } from "@tenure/core/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { MemoryLock } from "./index.ts";

const IN_PROCESS =
  "the store is in the process itself: there is no connection to break, and none to another process";
const RECORDS_ONLY = "a cell holds records only";

testResourceLock(
  { describe, it, beforeAll, afterAll },
  {
    backend: "@tenure/lock-memory",
    capabilities: { fencing: "monotonic", watch: "resumable", granularityMs: 1, durability: "best-effort" },
    hooks: {
      servers: IN_PROCESS,
      restart: IN_PROCESS,
      candidate: IN_PROCESS,
      "unknown-credentials": "there are no credentials",
      "forbidden-credentials": "there are no credentials",
      compact: "a cell has one version, and no history to forget",
      corrupt: RECORDS_ONLY,
      annotate: RECORDS_ONLY,
    },
    async setup() {
      const cells = new Map<string, CellLock>();
      const cellOf = (name: string): CellLock => {
        const cell = cells.get(name) ?? new CellLock({ description: `memory ${name}` });
        cells.set(name, cell);
        return cell;
      };
      return {
        createLock: ({ name }) => new MemoryLock({ name, cell: cellOf(name) }),
        servers: [],
        versions: { node: process.versions.node },
        stranger: { remove: async (name) => cellOf(name).delete() },
        teardown: async () => {},
      };
    },
  },
  { reportFolder: fileURLToPath(new URL("../../../.conformance/", import.meta.url)) },
);
