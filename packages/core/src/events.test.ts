import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Emitter } from "./events.ts";

describe("an emitter", () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => {
    warnings.push(warning);
  };
  /** Warnings come in a turn of their own. */
  const warned = async (): Promise<readonly Error[]> => {
    await new Promise((resolve) => setImmediate(resolve));
    return warnings;
  };

  beforeEach(() => {
    warnings.length = 0;
    process.on("warning", onWarning);
  });
  afterEach(() => {
    process.off("warning", onWarning);
  });

  it("R12: says nothing of events that nobody listens to, nor of listeners that do not throw", async () => {
    const emitter = new Emitter();
    const heard: string[] = [];
    emitter.emit("newLeader", { identity: "a" });
    emitter.add("newLeader", ({ identity }) => {
      heard.push(identity);
    });
    emitter.add("newLeader", async () => {});
    emitter.emit("newLeader", { identity: "b" });
    expect(heard).toEqual(["b"]);
    expect(await warned()).toEqual([]);
  });

  it("R12: names its warnings, so that they can be told from others", async () => {
    const emitter = new Emitter();
    emitter.add("error", () => {
      throw new Error("listener is broken");
    });
    emitter.emit("error", new Error("of a request"));
    expect(await warned()).toMatchObject([
      { name: "TenureWarning", message: expect.stringContaining('"error" listener') },
    ]);
  });

  it("takes the removal of what never listened for nothing", () => {
    expect(() => new Emitter().delete("error", () => {})).not.toThrow();
  });
});
