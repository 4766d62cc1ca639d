import { describe, expect, it } from "vitest";
import { CaseContext } from "./case-context.ts";
import { cellFixture } from "./cell.fixture.ts";

async function contextOfCells(): Promise<CaseContext> {
  const fixture = cellFixture();
  return new CaseContext(fixture, await fixture.setup(), "cas/01");
}

describe("the context of a case", () => {
  it("cleans up from the last to the first, and tells what went wrong first", async () => {
    const context = await contextOfCells();
    const done: string[] = [];
    context.after(() => done.push("first"));
    context.after(async () => {
      done.push("second");
      throw new Error("it does not end");
    });
    context.after(() => done.push("third"));
    await expect(context.cleanUp()).rejects.toThrow("it does not end");
    expect(done).toEqual(["third", "second", "first"]);
  });

  it("goes on when something does not end: a process that was begun before it is killed all the same", async () => {
    const context = await contextOfCells();
    const done: string[] = [];
    context.after(() => done.push("killed"));
    context.after(() => new Promise(() => {}));
    await expect(context.cleanUp(20)).rejects.toThrow("Expected to clean up within 20 ms");
    expect(done).toEqual(["killed"]);
  });

  it("closes at once what is begun after it was cleaned up, as by a case that took too long", async () => {
    const context = await contextOfCells();
    await context.cleanUp();
    const lock = await context.lock();
    await expect(lock.get(context.call)).rejects.toMatchObject({ code: "ERR_LOCK_CLOSED" });
  });

  it("says what it waited for as it is in the end", async () => {
    const context = await contextOfCells();
    let tries = 0;
    const waiting = context.until(
      () => `a third try, saw ${tries}`,
      () => (++tries > 3 ? false : undefined),
      30,
    );
    await expect(waiting).rejects.toThrow(/a third try, saw [1-9]/);
  });
});
