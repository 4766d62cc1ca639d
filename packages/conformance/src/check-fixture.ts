import { allCases } from "./all-cases.ts";
import type { Environment, Hook, LockFixture, OptionalHook } from "./fixture.ts";
import { whyNotRun } from "./why-not-run.ts";

/** Where an environment keeps what a hook gives, and whether it is there. Of credentials only `createLock` knows. */
const GIVEN: Readonly<
  Record<Hook | OptionalHook, readonly [where: string, isThere: (environment: Environment) => boolean]>
> = {
  servers: ["servers", ({ servers }) => servers.length > 0],
  corrupt: ["stranger.corrupt", ({ stranger }) => stranger.corrupt !== undefined],
  annotate: [
    "stranger.annotate and stranger.isAnnotated",
    ({ stranger }) => stranger.annotate !== undefined && stranger.isAnnotated !== undefined,
  ],
  restart: ["faults.restart", ({ faults }) => faults?.restart !== undefined],
  compact: ["faults.compact", ({ faults }) => faults?.compact !== undefined],
  "unknown-credentials": ["createLock", () => true],
  "forbidden-credentials": ["createLock", () => true],
  candidate: ["candidate", ({ candidate }) => candidate !== undefined],
  throttle: ["faults.throttle", ({ faults }) => faults?.throttle !== undefined],
};

const HOOKS = Object.keys(GIVEN) as readonly (Hook | OptionalHook)[]; // its type says that it has no others
const OPTIONAL: readonly string[] = ["throttle"] satisfies OptionalHook[];

/**
 * Refuses a fixture that contradicts itself, before anything is started.
 * @throws TypeError when a hook is not named; RangeError for a senseless scale, and known failures of cases that never run.
 */
export function checkFixture(fixture: LockFixture): void {
  const { hooks, knownFailures = {}, scale = 1 } = fixture;
  for (const hook of HOOKS) {
    // Fixtures in JavaScript have no types that would say so.
    const named: unknown = hooks[hook];
    if (named === undefined && OPTIONAL.includes(hook)) continue;
    if (named === true || (typeof named === "string" && named !== "")) continue;
    throw new TypeError(
      `Expected \`hooks\` to say of "${hook}" \`true\` or why there is none, got ${JSON.stringify(named)}`,
    );
  }
  if (!(scale > 0 && Number.isFinite(scale)))
    throw new RangeError(`Expected \`scale\` above 0, got ${scale}`);
  for (const id of Object.keys(knownFailures)) {
    const known = allCases.find((each) => each.id === id);
    if (known === undefined)
      throw new RangeError(`Expected \`knownFailures\` to name cases, got ${JSON.stringify(id)}`);
    const reason = whyNotRun(known, fixture);
    if (reason !== undefined)
      throw new RangeError(`Expected \`knownFailures\` to name cases that are run, ${id} is not: ${reason}`);
  }
}

/**
 * Refuses an environment that lacks what the fixture names: a case would do nothing, and pass.
 * @throws TypeError which says where it was looked for.
 */
export function checkEnvironment({ hooks }: LockFixture, environment: Environment): void {
  for (const hook of HOOKS) {
    const [where, isThere] = GIVEN[hook];
    if (hooks[hook] === true && !isThere(environment))
      throw new TypeError(`The fixture names the hook "${hook}", but its environment has no ${where}`);
  }
}
