/**
 * Three replicas elect a leader; it is killed, another takes over; that one is asked to stop, the third takes over at once.
 * Wants a Kubernetes API: `KUBECONFIG`, as `npx -y pnpm@12.21.0 testbed run` sets it.
 */
import { type Replica, startReplica } from "./replica.ts";

const LEASE = { LEASE_DURATION_MS: "6000", RENEW_DEADLINE_MS: "4000", RETRY_PERIOD_MS: "1000" };
const PATIENCE_MS = 60_000;

const beganAtMs = performance.now();
const say = (text: string): void => {
  const seconds = (performance.now() - beganAtMs) / 1000;
  console.log(`${seconds.toFixed(1).padStart(5)} s  ${text}`);
};

const running = new Set<Replica>();
let wake = (): void => {};

function start(name: string): Replica {
  const replica = startReplica(name, { ...LEASE, LEASE_NAME: "demo-lease" }, ({ text }) => {
    say(`${name} says: ${text}`);
    wake();
  });
  running.add(replica);
  void replica.exited.then((how) => {
    running.delete(replica);
    say(`${name} ended (${how})`);
    wake();
  });
  return replica;
}

/** The running replica whose newest word is that it leads, or that it works. */
function leader(): Replica | undefined {
  return [...running].find(({ lines }) => /performing|executing/.test(lines.at(-1)?.text ?? ""));
}

async function until<T>(what: string, found: () => T | undefined): Promise<T> {
  const deadline = setTimeout(() => {
    console.error(`Waited ${PATIENCE_MS / 1000} s in vain ${what}`);
    for (const { name, stderr } of running) for (const { text } of stderr) console.error(`${name}: ${text}`);
    for (const { process: child } of running) child.kill("SIGKILL");
    process.exit(1);
  }, PATIENCE_MS);
  try {
    for (;;) {
      const value = found();
      if (value !== undefined) return value;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    clearTimeout(deadline);
  }
}

const worked = (replica: Replica): Replica | undefined =>
  replica.lines.filter(({ text }) => text.includes("executing")).length >= 2 ? replica : undefined;

say(
  "Three replicas start; the lease lasts 6 s, is renewed every second, and is given up after 4 s without an answer.",
);
for (const name of ["replica-1", "replica-2", "replica-3"]) start(name);

const first = await until("for a leader", leader);
await until("for it to work", () => worked(first));
say(
  `--> ${first.name} is killed (SIGKILL): it cannot give the lease back, so the others wait until it has expired.`,
);
first.process.kill("SIGKILL");
await first.exited;

const second = await until("for another leader", leader);
say(`--> ${second.name} took over.`);
await until("for it to work", () => worked(second));
say(`--> ${second.name} is asked to stop (SIGTERM): it stops its task, then gives the lease back.`);
second.process.kill("SIGTERM");
await second.exited;

const third = await until("for the last one", leader);
say(`--> ${third.name} took over at once. The end.`);
for (const { process: child } of running) child.kill("SIGTERM");
await until("for all to stop", () => (running.size === 0 ? true : undefined));
