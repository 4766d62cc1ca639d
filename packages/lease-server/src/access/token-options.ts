import type { AccessRule } from "./rules.ts";
import type { AccessToken } from "./token-access.ts";

const RULE_LISTS = ["verbs", "apiGroups", "resources", "resourceNames", "namespaces"] as const;

/**
 * Checks what came from a caller or from a file.
 * @throws TypeError naming the place, e.g. `tokens[0].rules[1].verbs`; a token is never in the text.
 */
export function checkTokens(options: unknown): readonly AccessToken[] {
  const { tokens } = checkObject(options, "{ tokens: […] }", ["tokens"]);
  const checked = checkList(tokens, "tokens").map((token, index) => checkToken(token, `tokens[${index}]`));
  if (checked.length === 0) throw new TypeError("Expected `tokens` with at least one token, got none");
  for (const [index, { token }] of checked.entries()) {
    const first = checked.findIndex((other) => other.token === token);
    if (first !== index)
      throw new TypeError(
        `Expected \`tokens[${index}].token\` unlike that of \`tokens[${first}]\`, got the same`,
      );
  }
  return checked;
}

function checkToken(value: unknown, path: string): AccessToken {
  const {
    token,
    user,
    groups = [],
    rules = [],
  } = checkObject(value, path, ["token", "user", "groups", "rules"]);
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
    throw expected(`${path}.token`, "a string of visible ASCII characters without spaces", token);
  }
  return {
    token,
    user: checkText(user, `${path}.user`),
    groups: checkTexts(groups, `${path}.groups`),
    rules: checkList(rules, `${path}.rules`).map((rule, index) => checkRule(rule, `${path}.rules[${index}]`)),
  };
}

function checkRule(value: unknown, path: string): AccessRule {
  const rule = checkObject(value, path, RULE_LISTS);
  for (const key of RULE_LISTS) {
    const list = rule[key];
    if (list === undefined && key !== "verbs") continue;
    const texts = checkTexts(list, `${path}.${key}`, key === "apiGroups" ? "may be empty" : "not empty");
    // In Kubernetes an empty list of names is all names, and it refuses the other lists when they are empty.
    if (texts.length === 0 && key !== "resourceNames")
      throw expected(`${path}.${key}`, "a list with at least one entry", list);
  }
  // Each key was checked above.
  return rule as unknown as AccessRule;
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
    // A key outside a rule can be a token, where somebody wrote `TOKEN: USER`.
    const got = keys === RULE_LISTS ? JSON.stringify(unknown) : "another key";
    throw new TypeError(`Expected \`${path}\` to have only ${keys.join(", ")}, got ${got}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function checkList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw expected(path, "a list", value);
  return value;
}

function checkTexts(
  value: unknown,
  path: string,
  empty: "may be empty" | "not empty" = "not empty",
): readonly string[] {
  return checkList(value, path).map((text, index) => checkText(text, `${path}[${index}]`, empty));
}

function checkText(value: unknown, path: string, empty: "may be empty" | "not empty" = "not empty"): string {
  if (typeof value !== "string") throw expected(path, "a string", value);
  if (value === "" && empty === "not empty") throw expected(path, "a string that is not empty", value);
  return value;
}

function expected(path: string, what: string, value: unknown): TypeError {
  return new TypeError(`Expected \`${path}\` as ${what}, got ${describe(value)}`);
}

/** The kind of a value, never its content: this is a file with secrets. */
function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (value === "") return "an empty one";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return typeof value === "string" ? "another string" : `a value of type ${typeof value}`;
}
