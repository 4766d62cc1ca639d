import { CellLock } from "@tenure/core/testing";
import { closable } from "./closable.fixture.ts";
import type { LockFixture } from "./fixture.ts";

const IN_PROCESS = "the store is in this process: there is no connection to break";

/** The suite over CellLock: the shortest correct lock, without a watch. */
export function cellFixture(change: Partial<LockFixture> = {}): LockFixture {
  return {
    backend: "CellLock",
    capabilities: { fencing: "monotonic", watch: "none", granularityMs: 1, durability: "best-effort" },
    hooks: {
      servers: IN_PROCESS,
      corrupt: "a cell holds records only",
      annotate: "a cell holds records only",
      restart: IN_PROCESS,
      compact: IN_PROCESS,
      "unknown-credentials": IN_PROCESS,
      "forbidden-credentials": IN_PROCESS,
      candidate: IN_PROCESS,
    },
    async setup() {
      const cells = new Map<string, CellLock>();
      const cellOf = (name: string): CellLock => {
        const cell = cells.get(name) ?? new CellLock({ description: `cell ${name}` });
        cells.set(name, cell);
        return cell;
      };
      return {
        createLock: ({ name }) => closable(cellOf(name)),
        servers: [],
        versions: {},
        stranger: { remove: async (name) => cellOf(name).delete() },
        teardown: async () => {},
      };
    },
    ...change,
  };
}
