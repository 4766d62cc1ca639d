import type { FlavourName } from "./flavour.ts";
import type { ErrorBurst } from "./link.ts";
import { RandomStream } from "./random.ts";
import { JITTER, requestTimeoutMs } from "./request-timeout.ts";
import type {
  Durations,
  Fault,
  LinkFault,
  ReplicaPlan,
  Scenario,
  StrangerAct,
  TaskHabits,
} from "./scenario.ts";

/** What kind of worlds are made; every field narrows what a seed may draw. */
export interface Profile {
  /** `default`: 15 s, 10 s, 2 s. `bound`: renew deadlines a hair below SAFE. */
  readonly settings: "default" | "bound";
  /** Faults that every world of this profile has, whatever the seed draws. */
  readonly always?: readonly FaultKind[] | undefined;
  /** Only these may be drawn; all if not given. */
  readonly only?: readonly FaultKind[] | undefined;
  readonly flavour?: FlavourName | undefined;
  readonly replicas?: number | undefined;
  /** How many of the replicas are client-go. */
  readonly rivals?: number | undefined;
  /** All replicas (but client-go ones) have one identity, and wall clocks that agree at first. */
  readonly oneIdentity?: boolean | undefined;
  /** Worst rate error of the clocks, instead of what the settings tolerate. */
  readonly actualRateError?: number | undefined;
  readonly chaosMs?: number | undefined;
  /** Mean milliseconds between faults. */
  readonly faultEveryMs?: number | undefined;
  readonly watches?: boolean | undefined;
  readonly leaseDurationMs?: number | undefined;
  readonly retryPeriodMs?: number | undefined;
  /** Options beside the durations: drawn unless the kinds of fault are narrowed. */
  readonly extras?: Extras | undefined;
}

/** Shares of what an option may be; 0 leaves it out. */
interface Extras {
  /** Of the longest request timeout that leaves room for a retry. */
  readonly requestTimeout: number;
  /** Of the lease duration. */
  readonly observerMargin: number;
  readonly abortGrace: number;
}

const NO_EXTRAS: Extras = { requestTimeout: 0, observerMargin: 0, abortGrace: 0 };

export const FAULT_KINDS = [
  "partition",
  "requests cut",
  "answers cut",
  "lost requests",
  "lost answers",
  "late landing",
  "duplicates",
  "stale reads",
  "slow",
  "swizzle",
  "errors",
  "watch silent",
  "watch repeats",
  "watch reorders",
  "watch stale",
  "watch refused",
  "watch cut",
  "pause",
  "suspend",
  "vm pause",
  "rate",
  "wall step",
  "server clock",
  "crash",
  "crash, same identity",
  "rolling change",
  "step down",
  "bad tasks",
  "label",
  "delete",
  "empty",
  "shorten",
  "lengthen",
  "clear duration",
  "overwrite",
  "restore",
] as const;

type FaultKind = (typeof FAULT_KINDS)[number];

/** Of these a seed has fewer, since they end the promise or much of the action. */
const SELDOM: ReadonlySet<FaultKind> = new Set([
  "empty",
  "shorten",
  "restore",
  "delete",
  "overwrite",
  "lengthen",
]);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Boot time's grain: part of SAFE. */
const GRAIN_MS = 10;
/** How far below its bound a renew deadline lies, where it lies at the bound. */
const HAIR_MS = 0.5;

/** The world of a seed. Same seed, same profile: same world. */
export function generate(seed: number, profile: Profile): Scenario {
  const random = new RandomStream(seed, "scenario");
  const flavour = profile.flavour ?? random.pick<FlavourName>(["kubernetes", "kubernetes", "etcd", "redis"]);
  const clockRateError = profile.settings === "bound" ? random.pick([0.001, 0.01, 0.01, 0.05, 0.1]) : 0.01;
  const extras = profile.extras ?? (profile.only === undefined ? drawExtras(seed) : NO_EXTRAS);
  const makeDurations = (): Durations => {
    const others: readonly [number, ...number[]] =
      profile.settings === "bound" ? [15_000, 15_000, 30_000, 30_000, 6000] : [15_000, 20_000, 12_000];
    const leaseDurationMs = profile.leaseDurationMs ?? random.pick(others);
    return durationsOf(leaseDurationMs, profile, clockRateError, flavour, extras);
  };
  const durations =
    profile.settings === "bound"
      ? makeDurations()
      : durationsOf(profile.leaseDurationMs ?? 15_000, profile, clockRateError, flavour, extras);
  const actualRateError =
    profile.actualRateError ?? drawRateError(random, profile, durations, clockRateError);
  const kinds = drawKinds(random, profile, flavour);
  const count = profile.replicas ?? random.pick([1, 2, 2, 3, 3, 3, 3, 4, 5, 7]);
  const rivals = profile.rivals ?? (profile.settings === "default" && random.chance(0.05) ? 1 : 0);
  const oneIdentity = profile.oneIdentity ?? random.chance(0.04);
  const habits = drawHabits(random, kinds.includes("bad tasks"));
  const chaosMs = profile.chaosMs ?? random.between(0.5, 2) * HOUR;
  const acquires = profile.only === undefined && new RandomStream(seed, "acquires").chance(0.2);
  const rates = (): number => drawRate(random, actualRateError);
  const replicas = Array.from({ length: count }, (_, index): ReplicaPlan => {
    const name = "abcdefg".charAt(index);
    return {
      name,
      kind: index < rivals ? "client-go" : "tenure",
      identity: oneIdentity && index >= rivals ? "same" : name,
      startsAtMs: random.chance(0.7) ? random.between(0, 100) : random.between(0, 5 * MINUTE),
      durations,
      rate: rates(),
      wallOffsetMs: oneIdentity ? 0 : random.whole(-HOUR, HOUR),
      habits,
      acquires: acquires && index % 2 === 0,
    };
  });
  const rollingChange = kinds.includes("rolling change");
  return {
    seed,
    chance: seed,
    flavour,
    watches: profile.watches ?? random.chance(0.75),
    latency: {
      leastMs: 1,
      meanMs: random.pick([2, 5, 20, 100]),
      tailProbability: random.pick([0, 0.001, 0.01, 0.05]),
      tailMs: random.between(500, 1.2 * durations.leaseDurationMs),
    },
    clockRateError,
    actualRateError,
    replicas,
    faults: drawFaults(random, {
      kinds: kinds.filter((kind) => kind !== "bad tasks" && kind !== "rolling change"),
      rollingChange,
      count,
      chaosMs,
      everyMs: profile.faultEveryMs ?? random.pick([8, 15, 30, 60, 120]) * 1000,
      leaseDurationMs: durations.leaseDurationMs,
      newDurations: () => (rollingChange ? makeDurations() : durations),
      rates,
    }),
    chaosMs,
    workEveryMs: random.chance(0.4) ? random.between(2000, 10_000) : 0,
  };
}

function durationsOf(
  leaseDurationMs: number,
  profile: Profile,
  clockRateError: number,
  flavour: FlavourName,
  extras: Extras,
): Durations {
  const retryPeriodMs = profile.retryPeriodMs ?? (leaseDurationMs * 2) / 15;
  const atBound = (leaseDurationMs * (1 - clockRateError)) / (1 + clockRateError) - GRAIN_MS - HAIR_MS;
  // client-go sees whole seconds: with shorter periods Kubernetes' bound is a second lower.
  const grain = flavour === "kubernetes" && retryPeriodMs < 1000 ? 1000 : 0;
  const abortGraceMs = extras.abortGrace * leaseDurationMs;
  const renewDeadlineMs =
    profile.settings === "bound" ? atBound - grain - abortGraceMs : Math.round((leaseDurationMs * 2) / 3);
  const plain = { leaseDurationMs, renewDeadlineMs, retryPeriodMs, drainTimeoutMs: renewDeadlineMs };
  const longestTimeoutMs = Math.floor((renewDeadlineMs - JITTER * retryPeriodMs) / 2);
  const drawnMs = Math.floor(extras.requestTimeout * longestTimeoutMs);
  // Redis's not-after leaves a write as long as its timeout: by clocks as wrong as some here, a shorter one refuses most of them.
  const timeoutMs = drawnMs > 0 && flavour === "redis" ? Math.max(drawnMs, requestTimeoutMs(plain)) : drawnMs;
  return {
    ...plain,
    ...(timeoutMs > 0 && { requestTimeoutMs: timeoutMs }),
    ...(extras.observerMargin > 0 && { observerMarginMs: extras.observerMargin * leaseDurationMs }),
    ...(abortGraceMs > 0 && { abortGraceMs }),
  };
}

/** Drawn apart, so that worlds without them stay what they were. */
function drawExtras(seed: number): Extras {
  const random = new RandomStream(seed, "extras");
  return {
    requestTimeout: random.chance(0.2) ? random.between(0.3, 1) : 0,
    observerMargin: random.chance(0.1) ? 7 / 15 : 0,
    abortGrace: random.chance(0.1) ? 2 / 15 : 0,
  };
}

/** What the electors are told to expect; at the default settings now and then all that those tolerate. */
function drawRateError(
  random: RandomStream,
  profile: Profile,
  durations: Durations,
  clockRateError: number,
): number {
  const { leaseDurationMs, renewDeadlineMs, abortGraceMs = 0 } = durations;
  const reservedMs = renewDeadlineMs + abortGraceMs + GRAIN_MS;
  const room = (leaseDurationMs - reservedMs) / (leaseDurationMs + reservedMs);
  // A little less: after a rolling change to a shorter lease the grain weighs more.
  return profile.settings === "default" && random.chance(0.25) ? 0.99 * room : clockRateError;
}

function drawRate(random: RandomStream, error: number): number {
  const dice = random.next();
  if (dice < 0.35) return 1 - error;
  if (dice < 0.7) return 1 + error;
  return random.between(1 - error, 1 + error);
}

/** Swarm testing: each seed has its own subset of faults, so that one kind does not always hide another. */
function drawKinds(random: RandomStream, profile: Profile, flavour: FlavourName): readonly FaultKind[] {
  const allowed = profile.only ?? FAULT_KINDS;
  const drawn = allowed.filter((kind) => random.chance(SELDOM.has(kind) ? 0.06 : 0.35));
  const kinds = new Set([...drawn, ...(profile.always ?? [])]);
  // A key lost and the server's clock set back may give old tokens again: not both at once (design, section 7).
  if (flavour === "redis" && (kinds.has("delete") || kinds.has("restore"))) kinds.delete("server clock");
  // The wall clock is all that tells of a virtual machine's pause.
  if (kinds.has("vm pause")) kinds.delete("wall step");
  return [...kinds];
}

function drawHabits(random: RandomStream, bad: boolean): TaskHabits {
  const share = (): number => (bad && random.chance(0.5) ? random.between(0, 0.25) : 0);
  return { ignoresSignal: share(), hangs: share() / 3, throws: share(), returnsEarly: share() };
}

interface FaultSettings {
  readonly kinds: readonly FaultKind[];
  readonly rollingChange: boolean;
  readonly count: number;
  readonly chaosMs: number;
  readonly everyMs: number;
  readonly leaseDurationMs: number;
  readonly newDurations: () => Durations;
  readonly rates: () => number;
}

function drawFaults(random: RandomStream, settings: FaultSettings): readonly Fault[] {
  const kinds = settings.kinds as readonly [FaultKind, ...FaultKind[]]; // or empty, which the loop looks at
  const faults: Fault[] = [];
  if (kinds.length === 0) return faults;
  let atMs = random.between(0, settings.everyMs);
  while (atMs < settings.chaosMs) {
    faults.push(...drawFault(random, random.pick(kinds), atMs, settings));
    atMs -= Math.log(1 - random.next()) * settings.everyMs;
  }
  return faults;
}

const LINK_FAULTS: Partial<Record<FaultKind, LinkFault>> = {
  "requests cut": "requestsCut",
  "answers cut": "answersCut",
  "lost requests": "loseRequests",
  "lost answers": "loseAnswers",
  "late landing": "landLate",
  duplicates: "duplicate",
  "stale reads": "staleReads",
  slow: "slow",
  "watch silent": "watchSilent",
  "watch repeats": "watchRepeats",
  "watch reorders": "watchReorders",
  "watch stale": "watchStale",
  "watch refused": "watchRefused",
};

const STRANGER_ACTS: Partial<Record<FaultKind, StrangerAct>> = {
  label: "label",
  delete: "delete",
  empty: "empty",
  shorten: "shorten",
  lengthen: "lengthen",
  "clear duration": "clear-duration",
  overwrite: "overwrite",
  restore: "restore",
};

function drawFault(
  random: RandomStream,
  kind: FaultKind,
  atMs: number,
  settings: FaultSettings,
): readonly Fault[] {
  const { leaseDurationMs, count } = settings;
  const who = random.whole(0, count - 1);
  // From 200 ms to three lease durations, short ones most often.
  const untilMs = atMs + 200 * ((3 * leaseDurationMs) / 200) ** random.next();
  const intensity = random.pick([0.1, 0.3, 0.6, 1]);
  const linkFault = LINK_FAULTS[kind];
  if (linkFault !== undefined) return [{ kind: "link", atMs, untilMs, who, fault: linkFault, intensity }];
  const act = STRANGER_ACTS[kind];
  if (act !== undefined) return [{ kind: "stranger", atMs, act, back: random.whole(1, 20) }];
  const restart = (): { restartAtMs: number; durations: Durations } => ({
    restartAtMs: atMs + random.between(100, 2 * leaseDurationMs),
    durations: settings.newDurations(),
  });
  switch (kind) {
    case "partition":
      return [
        { kind: "link", atMs, untilMs, who, fault: "requestsCut", intensity: 1 },
        { kind: "link", atMs, untilMs, who, fault: "answersCut", intensity: 1 },
      ];
    case "swizzle":
      return swizzle(random, atMs, settings);
    case "errors": {
      const status = random.pick<ErrorBurst["status"]>([401, 403, 429, 500, 503]);
      return [{ kind: "errors", atMs, untilMs, who, burst: { status, probability: intensity } }];
    }
    case "watch cut":
      return [{ kind: "watch-cut", atMs, who, how: random.pick(["ends", "fails", "reconnects"]) }];
    case "pause":
    case "suspend":
      return [{ kind, atMs, untilMs, who }];
    case "vm pause":
      return [{ kind: "vm-pause", atMs, who, untilMs }];
    case "rate":
      return [{ kind: "rate", atMs, who, rate: settings.rates() }];
    case "wall step":
      return [{ kind: "wall-step", atMs, who, byMs: random.pick([-1, 1]) * HOUR * random.next() ** 3 }];
    case "server clock":
      return [{ kind: "server-clock", atMs, byMs: random.pick([-1, 1]) * HOUR * random.next() ** 3 }];
    case "crash":
      return [crashOrStop("crash", false)];
    case "crash, same identity":
      return [crashOrStop("crash", true)];
    case "step down":
      return [
        settings.rollingChange || random.chance(0.3)
          ? crashOrStop("stop", false)
          : { kind: "step-down", atMs, who },
      ];
    default:
      return [];
  }

  function crashOrStop(how: "crash" | "stop", sameIdentity: boolean): Fault {
    return { kind: how, atMs, who, sameIdentity, ...restart() };
  }
}

/** Links are cut one by one and healed in another order (FoundationDB's swizzle-clog). */
function swizzle(random: RandomStream, atMs: number, settings: FaultSettings): readonly Fault[] {
  const faults: Fault[] = [];
  const spanMs = settings.leaseDurationMs * random.between(0.2, 3);
  for (let who = 0; who < settings.count; who++) {
    if (random.chance(0.3)) continue;
    const fromMs = atMs + spanMs * random.next() * 0.5;
    const untilMs = fromMs + spanMs * random.next();
    for (const fault of ["requestsCut", "answersCut"] as const) {
      faults.push({ kind: "link", atMs: fromMs, untilMs, who, fault, intensity: 1 });
    }
  }
  return faults;
}
