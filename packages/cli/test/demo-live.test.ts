import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeWith } from "@tenure/testbed/vitest";
import { expect, it } from "vitest";
import { BIN } from "./bin.fixture.ts";
import { childrenOf, waitUntilGone } from "./demo-process.fixture.ts";
import { Terminal } from "./terminal.fixture.ts";

const CRASHING = fileURLToPath(new URL("crashing-screen.fixture.ts", import.meta.url));
const KEYS = " 1-3 choose  l leader  k kill -9  f freeze  c cut off  s stop  r start  q quit";

async function noteBefore(terminal: Terminal): Promise<void> {
  await terminal.type(`stty -a > ${join(terminal.folder, "before")}; echo printed before`);
  await terminal.waitFor(/^printed before$/m);
}

/** Starts the demo in a shell that has printed something and noted how its terminal is set. */
async function startDemo(terminal: Terminal): Promise<void> {
  await noteBefore(terminal);
  await terminal.type(`${process.execPath} ${BIN} demo; echo ended with $?`);
  await terminal.waitFor(/Leader {2}replica-\d {2}for /);
}

/** Expects the terminal to be as it was: what was printed, how it is set, its cursor, its first screen. */
async function expectRestored(terminal: Terminal): Promise<void> {
  expect(await terminal.modes()).toEqual({ cursor: true, alternate: false });
  await terminal.type(`stty -a > ${join(terminal.folder, "after")}; echo noted`);
  const screen = await terminal.waitFor(/^noted$/m);
  expect(screen).toMatch(/^printed before$/m);
  const [before, after] = ["before", "after"].map((name) =>
    readFileSync(join(terminal.folder, name), "utf8"),
  );
  expect(after).toBe(before);
}

/** The number of whoever leads, by the line that says so. */
function leaderOn(screen: string): string {
  return /Leader {2}(replica-\d)/.exec(screen)?.[1] ?? "nobody";
}

/** A replica's line: its state, and its bar. */
function rowOf(screen: string, name: string): string {
  return screen.split("\n").find((line) => line.includes(`${name}  `) && /^ . \d /.test(line)) ?? "";
}

/** The leader's name, once it is another than this one and has led for some time. */
async function nextLeader(terminal: Terminal, old: string): Promise<string> {
  return leaderOn(await terminal.waitFor(new RegExp(`Leader {2}replica-(?!${old.at(-1)})\\d {2}for [2-9]`)));
}

await describeWith("tmux", "the live view of tenure demo", () => {
  it.each([
    [80, 24],
    [100, 30],
  ])("shows on %i x %i what is done to replicas, and gives the terminal back", async (columns, rows) => {
    await using terminal = await Terminal.open(columns, rows);
    await startDemo(terminal);
    expect(await terminal.modes()).toEqual({ cursor: false, alternate: true });
    let screen = await terminal.waitFor(/Press k to kill the leader/);
    const lines = screen.trimEnd().split("\n");
    expect(lines[0]).toBe(" tenure demo · embedded lease-server · lease 4 s, deadline 2.5 s, retry 0.5 s");
    expect(lines).toHaveLength(rows - 1);
    expect(lines.at(-1)).toBe(KEYS);
    for (const line of lines) expect(line.length).toBeLessThan(columns);

    const killed = leaderOn(screen);
    expect(rowOf(screen, killed)).toMatch(/^ › \d replica-\d {2}leading /);
    await terminal.press("k");
    screen = await terminal.waitFor(/Leader {2}nobody: replica-\d led last, its lease lapses in \d\.\d s/);
    expect(rowOf(screen, killed)).toContain("dead (SIGKILL)");
    const frozen = await nextLeader(terminal, killed);
    await terminal.waitFor(/Next task after {2}kill -9 \d\.\d\d s /);

    await terminal.press("f");
    await terminal.waitFor(new RegExp(`${frozen} {2}frozen .*█░`));
    const cut = await nextLeader(terminal, frozen);
    // The same key undoes it, though another leads by now.
    await terminal.press("f");
    await terminal.waitFor(new RegExp(`${frozen} has stopped its task`));
    await terminal.waitFor(new RegExp(`${frozen} {2}following `));
    // "r" starts what is down.
    await terminal.press("r");
    await terminal.waitFor(new RegExp(`${killed} {2}following `));

    await terminal.press("l", "c");
    await terminal.waitFor(new RegExp(`${cut} {2}leading, cut off .*▓`));
    await terminal.waitFor(new RegExp(`${cut} {2}cut off .*▓┄`));
    const stopped = await nextLeader(terminal, cut);
    await terminal.press("c");
    await terminal.waitFor(new RegExp(`${cut} {2}following `));

    await terminal.press(stopped.at(-1) ?? "", "s");
    await terminal.waitFor(new RegExp(`${stopped} {2}stopped `));
    await nextLeader(terminal, stopped);
    await terminal.press("s");
    screen = await terminal.waitFor(/stop replica-\d: it does not run/);
    expect(screen).toMatch(/kill -9 [\d.]+ s +freeze [\d.]+ s +cut off [\d.]+ s +stop [\d.]+ m?s$/m);
    expect(screen).toContain("Two tasks at once: never");

    await terminal.press("q");
    screen = await terminal.waitFor(/^ended with 0$/m);
    for (const kind of ["kill -9", "freeze", "cut off", "stop"]) {
      expect(screen).toMatch(new RegExp(`^  ${kind} +replica-\\d -> replica-\\d( +[\\d.]+ m?s){3}$`, "m"));
    }
    expect(screen).toMatch(/^ {2}two tasks at once: never$/m);
    await expectRestored(terminal);
  });

  it("draws itself anew after a resize, also on a screen that is too small", async () => {
    await using terminal = await Terminal.open(100, 30);
    await startDemo(terminal);
    for (const [columns, rows] of [
      [80, 24],
      [120, 40],
      [60, 12],
      [100, 30],
    ] as const) {
      await terminal.resize(columns, rows);
      const keys = KEYS.slice(0, columns - 1).trimEnd();
      const isWhole = (screen: string): boolean => {
        const lines = screen.trimEnd().split("\n");
        const isOnce = (text: string): boolean => lines.filter((line) => line.includes(text)).length === 1;
        const isInPlace = lines.length === rows - 1 && lines.at(-1) === keys;
        return (
          isInPlace &&
          lines[0]?.startsWith(" tenure demo ") === true &&
          isOnce(" tenure demo ") &&
          isOnce(keys)
        );
      };
      await terminal.waitFor(isWhole);
      // It stays so.
      await terminal.press("1");
      await terminal.waitFor(/^ › 1 replica-1/m);
      await terminal.press("2");
      expect(isWhole(await terminal.waitFor(/^ › 2 replica-2/m))).toBe(true);
    }
    await terminal.press("q");
    await terminal.waitFor(/^ended with 0$/m);
  });

  it("chooses with numbers, arrows and l", async () => {
    await using terminal = await Terminal.open(80, 24);
    await startDemo(terminal);
    await terminal.press("3");
    await terminal.waitFor(/^ › 3 replica-3/m);
    await terminal.press("Up");
    await terminal.waitFor(/^ › 2 replica-2/m);
    await terminal.press("Down", "Down");
    await terminal.waitFor(/^ › 1 replica-1/m);
    await terminal.press("l");
    await terminal.waitFor(/^ › \d replica-\d {2}leading /m);
    await terminal.press("q");
    await terminal.waitFor(/^ended with 0$/m);
  });

  it("uses colours, and says everything without them too", async () => {
    await using terminal = await Terminal.open(80, 24);
    await startDemo(terminal);
    expect(await terminal.screenWithColours()).toContain("\u001b[");
    await terminal.press("q");
    await terminal.waitFor(/^ended with 0$/m);
    await terminal.type(`clear; NO_COLOR=1 ${process.execPath} ${BIN} demo; echo ended again with $?`);
    const screen = await terminal.waitFor(/Leader {2}replica-\d {2}for /);
    expect(await terminal.screenWithColours()).not.toContain("\u001b[3");
    expect(rowOf(screen, leaderOn(screen))).toContain("leading");
    await terminal.press("q");
    await terminal.waitFor(/^ended again with 0$/m);
  });

  it("gives the terminal back after Ctrl-C, and leaves no process", async () => {
    await using terminal = await Terminal.open(80, 24);
    await startDemo(terminal);
    const pidsOn = (screen: string): readonly number[] =>
      [...screen.matchAll(/is up, process (\d+)/g)].map(([, pid]) => Number(pid));
    const pids = pidsOn(await terminal.waitFor((screen) => pidsOn(screen).length === 3));
    await terminal.press("C-c");
    await terminal.waitFor(/^ended with 0$/m);
    await expectRestored(terminal);
    await waitUntilGone(pids);
  });

  it("gives the terminal back after SIGTERM", async () => {
    await using terminal = await Terminal.open(80, 24);
    await terminal.type(`echo printed before; stty -a > ${join(terminal.folder, "before")}; echo shell $$`);
    const shell = Number(/^shell (\d+)$/m.exec(await terminal.waitFor(/^shell \d+$/m))?.[1]);
    await terminal.type(`${process.execPath} ${BIN} demo; echo ended with $?`);
    await terminal.waitFor(/Leader {2}replica-\d {2}for /);
    for (const pid of childrenOf(shell)) process.kill(pid, "SIGTERM");
    await terminal.waitFor(/^ended with 0$/m);
    await expectRestored(terminal);
  });

  it("gives the terminal back after a crash, and shows what crashed", async () => {
    await using terminal = await Terminal.open(80, 24);
    await noteBefore(terminal);
    await terminal.type(`${process.execPath} ${CRASHING}; echo ended with $?`);
    await terminal.waitFor(/^the picture$/m);
    const screen = await terminal.waitFor(/^ended with 1$/m);
    expect(screen).toContain("Error: crashed as it was told to");
    expect(screen).not.toMatch(/^the picture$/m);
    await expectRestored(terminal);
  });
});
