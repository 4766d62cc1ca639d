import type { FaultRule, FaultSettings } from "./fault-rule.ts";

const LISTS = ["verbs", "names", "userAgents"] as const;
const RATES = ["errorRate", "hangRate", "swallowAnswerRate", "cutAnswerRate"] as const;
const RULE_KEYS: readonly string[] = [
  ...LISTS,
  ...RATES,
  "next",
  "latencyMs",
  "errorStatus",
  "retryAfterSeconds",
];
/** The longest that a timer of Node waits. */
const MAX_DELAY_MS = 2 ** 31 - 1;
/** Ten rates of 0.1 add up to a little more than 1. */
const ROUNDING = 1e-9;

/**
 * Checks what came from a caller or over HTTP.
 * @throws TypeError or RangeError naming the place, e.g. `rules[0].errorRate`.
 */
export function checkFaultSettings(settings: unknown): FaultSettings {
  const { seed, rules } = checkObject(settings, "{ seed, rules }", ["seed", "rules"]);
  if (seed !== undefined) checkInteger(seed, "seed", 0, 2 ** 32 - 1);
  if (!Array.isArray(rules)) throw expected("rules", "a list", rules);
  for (const [index, rule] of rules.entries()) checkRule(rule, `rules[${index}]`);
  // Each part was checked above.
  return { ...(seed === undefined ? {} : { seed: seed as number }), rules: rules as readonly FaultRule[] };
}

function checkRule(value: unknown, path: string): void {
  const rule = checkObject(value, path, RULE_KEYS);
  for (const key of LISTS) {
    if (rule[key] !== undefined) checkTexts(rule[key], `${path}.${key}`);
  }
  let sum = 0;
  for (const key of RATES) {
    if (rule[key] !== undefined) sum += checkNumber(rule[key], `${path}.${key}`, 0, 1);
  }
  if (sum > 1 + ROUNDING)
    throw new RangeError(`Expected the rates of \`${path}\` to add up to at most 1, got ${sum}`);
  if (rule["latencyMs"] !== undefined) checkLatency(rule["latencyMs"], `${path}.latencyMs`);
  if (rule["next"] !== undefined) checkInteger(rule["next"], `${path}.next`, 1, Number.MAX_SAFE_INTEGER);
  if (rule["errorStatus"] !== undefined) checkInteger(rule["errorStatus"], `${path}.errorStatus`, 400, 599);
  if (rule["retryAfterSeconds"] !== undefined) {
    checkInteger(rule["retryAfterSeconds"], `${path}.retryAfterSeconds`, 0, MAX_DELAY_MS);
  }
}

function checkLatency(value: unknown, path: string): void {
  if (!Array.isArray(value)) {
    checkNumber(value, path, 0, MAX_DELAY_MS);
    return;
  }
  const [from, to, ...more] = value;
  if (value.length < 2 || more.length > 0) throw expected(path, "a number or two of them", value);
  const least = checkNumber(from, `${path}[0]`, 0, MAX_DELAY_MS);
  checkNumber(to, `${path}[1]`, least, MAX_DELAY_MS);
}

function checkTexts(value: unknown, path: string): void {
  const isRight =
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((text) => typeof text === "string" && text !== "");
  if (!isRight) throw expected(path, "a list of at least one string, none of them empty", value);
}

function checkInteger(value: unknown, path: string, least: number, most: number): void {
  const number = checkNumber(value, path, least, most);
  if (!Number.isInteger(number)) throw new RangeError(`Expected \`${path}\` as an integer, got ${number}`);
}

function checkNumber(value: unknown, path: string, least: number, most: number): number {
  if (typeof value !== "number") throw expected(path, "a number", value);
  // Written so that NaN is refused.
  if (!(value >= least && value <= most)) {
    throw new RangeError(`Expected \`${path}\` from ${least} to ${most}, got ${value}`);
  }
  return value;
}

function checkObject(
  value: unknown,
  path: string,
  keys: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw expected(path, "an object", value);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw new TypeError(
      `Expected \`${path}\` to have only ${keys.join(", ")}, got ${JSON.stringify(unknown)}`,
    );
  }
  return value as Readonly<Record<string, unknown>>;
}

function expected(path: string, what: string, value: unknown): TypeError {
  const got = value === undefined ? "nothing" : JSON.stringify(value);
  return new TypeError(`Expected \`${path}\` as ${what}, got ${got.slice(0, 100)}`);
}
