import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describeWith } from "@tenure/testbed/vitest";
import { afterEach, expect, it } from "vitest";
import { BIN } from "./bin.fixture.ts";
import { Replica } from "./replica.fixture.ts";
import { RunningTenure } from "./tenure.fixture.ts";
import { Terminal } from "./terminal.fixture.ts";

const TIMES = ["--lease-duration", "4s", "--renew-deadline", "2500ms", "--retry-period", "1s"];

const COLUMNS = 120;

const replicas: Replica[] = [];
afterEach(async () => {
  for (const replica of replicas.splice(0)) await replica.destroy();
});

function lead(lock: string, identity: string): Replica {
  const replica = new Replica({ lock, identity, command: ["sleep", "1000"], options: TIMES });
  replicas.push(replica);
  return replica;
}

/** Serves locks until it is disposed. */
async function serveLocks(): Promise<{ readonly server: RunningTenure; readonly lock: string }> {
  const server = new RunningTenure(["lease-server", "--port", "0", "--json"]);
  await server.waitForStdout(1);
  const [{ lock }] = server.documents<{ readonly lock: string }>() as [{ readonly lock: string }];
  return { server, lock: lock.replace("NAMESPACE/NAME", "default/app") };
}

/** What the screen shows, however long its lines are; a space that ends a full one is not in it. */
function unwrapped(screen: string, columns = COLUMNS): string {
  return screen
    .split("\n")
    .map((line) => (line.length === columns - 1 ? `${line} ` : line))
    .join("");
}

function count(text: string, what: RegExp): number {
  return [...text.matchAll(new RegExp(what, "g"))].length;
}

await describeWith("tmux", "the live line of tenure watch", () => {
  it.each([COLUMNS, 60])("is one, always current, below what changed, on %i columns", async (columns) => {
    const { server, lock } = await serveLocks();
    await using _server = server;
    await using terminal = await Terminal.open(columns, 30);
    /** Waits until the screen shows this, and returns all of it. */
    const shows = async (what: RegExp | ((text: string) => boolean)): Promise<string> => {
      const isShown = typeof what === "function" ? what : (text: string) => what.test(text);
      return unwrapped(await terminal.waitFor((screen) => isShown(unwrapped(screen, columns))), columns);
    };
    await terminal.type(`clear; ${process.execPath} ${BIN} watch ${lock}; echo ended with $?`);
    await shows(/Z seen +no record.*no record$/);

    const first = lead(lock, "pod-1");
    const tokenIn = (text: string) => / leads · .* · token (\d+)$/.exec(text)?.[1];
    let screen = await shows(
      /acquired holder pod-1, .*pod-1 leads · renewed .* ago · expires in .* · token \d+$/,
    );
    // Renewals move the line, and leave nothing else behind.
    const before = tokenIn(screen);
    screen = await shows((text) => tokenIn(text) !== undefined && tokenIn(text) !== before);
    expect(count(screen, / leads · /)).toBe(1);
    expect(count(screen, /Z (seen|acquired|renewed) /)).toBe(2);
    expect(await terminal.screenWithColours()).toMatch(/\[[\d;]*32[\d;]*mpod-1/);

    first.signal("SIGTERM");
    await shows(/Z released free, .*free, transitions 0$/);
    const second = lead(lock, "pod-2");
    await shows(/pod-2 leads · /);
    await second.destroy();
    screen = await shows(/Z expired +holder pod-2.*pod-2 led last · renewed .* · expired .* ago · /);
    expect(count(screen, / · /)).toBe(4);

    await terminal.press("C-c");
    screen = await shows(/ended with 0/);
    expect(count(screen, / · /)).toBe(0);
    expect(await terminal.modes()).toEqual({ cursor: true, alternate: false });
  });

  it("says what was there as seen, not as renewed, and a store that does not answer once", async () => {
    const { server, lock } = await serveLocks();
    await using _server = server;
    await lead(lock, "pod-1").waitFor("startedLeading");
    await replicas[0]?.destroy();
    await using terminal = await Terminal.open(COLUMNS, 30);
    await terminal.type(`clear; ${process.execPath} ${BIN} watch ${lock}; echo ended with $?`);
    await terminal.waitFor(/pod-1 leads · seen .* ago · expires in/);
    await terminal.waitFor(/pod-1 led last · seen .* ago · expired/);
    server.process.kill("SIGKILL");
    const troubled = /tenure: .*could not be reached.*pod-1 led last · seen/;
    await terminal.waitFor((text) => troubled.test(unwrapped(text)));
    await terminal.press("C-c");
    const screen = await terminal.waitFor(/^ended with 0$/m);
    expect(count(screen, /tenure: /)).toBe(1);
  });

  it("shows nothing before the store's first answer, and its failure in its place", async () => {
    const silent = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    await using terminal = await Terminal.open(COLUMNS, 30);
    const args = `lease-server://127.0.0.1:${port}/default/app --timeout 2s`;
    await terminal.type(`clear; ${process.execPath} ${BIN} watch ${args}; echo ended with $?`);
    const screens = new Set<string>();
    const screen = await terminal.waitFor((text) => {
      screens.add(text);
      return /^ended with 3$/m.test(text);
    });
    silent.close();
    expect(screen).toMatch(/^tenure: .* within 2000 ms\nended with 3$/m);
    expect([...screens].filter((text) => /no record/.test(text))).toEqual([]);
  });
});
