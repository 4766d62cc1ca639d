import { ApiError } from "../api-error.ts";
import { labelKeyProblems, labelValueProblems } from "../object/names.ts";
import { goQuote } from "../object/parse-json.ts";
import type { Selector } from "./field-selector.ts";

interface Requirement {
  readonly key: string;
  readonly operator: "in" | "notin" | "exists" | "!" | "gt" | "lt";
  readonly values: readonly string[];
}

/**
 * A label selector: `a=b`, `a==b`, `a!=b`, `a in (b, c)`, `a notin (b)`, `a`, `!a`, `a>1`, `a<1`, joined by commas.
 * @throws `ApiError` 400.
 */
export function labelSelector(text: string): Selector {
  const requirements = parseLabelSelector(text);
  return ({ metadata: { labels = {} } }) => requirements.every((requirement) => meets(labels, requirement));
}

function meets(labels: Readonly<Record<string, string>>, { key, operator, values }: Requirement): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "in":
      return value !== undefined && values.includes(value);
    case "notin":
      return value === undefined || !values.includes(value);
    case "gt":
    case "lt": {
      if (value === undefined || !/^[+-]?\d+$/.test(value)) return false;
      const [left, right] = [BigInt(value), BigInt(values[0] ?? "0")];
      return operator === "gt" ? left > right : left < right;
    }
  }
}

type Token = { readonly kind: string; readonly text: string };

function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (const [token] of text.matchAll(/!=|==|[=!(),<>]|[^\s=!(),<>]+/g)) {
    found.push({ kind: /^[^=!(),<>]/.test(token) ? "word" : token, text: token });
  }
  return [...found, { kind: "end", text: "" }];
}

function parseLabelSelector(text: string): readonly Requirement[] {
  const list = tokens(text);
  let at = 0;
  const peek = (): Token => list[at] as Token; // the last one is "end", and nobody goes past it
  const next = (): Token => list[peek().kind === "end" ? at : at++] as Token;
  const refuse = (problem: string): never => {
    throw new ApiError(400, "BadRequest", problem);
  };
  const refuseRequirement = (problem: string): never => refuse(`unable to parse requirement: ${problem}`);
  const requirements: Requirement[] = [];
  if (peek().kind === "end") return requirements;
  for (;;) {
    const absent = peek().kind === "!";
    if (absent) next();
    const { kind, text: key } = next();
    if (kind !== "word") {
      if (absent) refuseRequirement(`found '${key}', expected: identifier`);
      else refuse(`found '${key}', expected: !, identifier, or 'end of string'`);
    }
    checkLabelKey(key);
    requirements.push(absent ? { key, operator: "!", values: [] } : rest(key));
    const { kind: separator, text: found } = next();
    if (separator === "end") return requirements;
    if (separator !== ",") refuse(`found '${found}', expected: ',' or 'end of string'`);
    if (peek().kind !== "word" && peek().kind !== "!")
      refuse(`found '${peek().text}', expected: identifier after ','`);
  }

  function rest(key: string): Requirement {
    const { kind, text: operator } = peek();
    if (kind === "end" || kind === ",") return { key, operator: "exists", values: [] };
    next();
    switch (operator) {
      case "=":
      case "==":
        return { key, operator: "in", values: [checkedValue(key, word())] };
      case "!=":
        return { key, operator: "notin", values: [checkedValue(key, word())] };
      case "in":
      case "notin":
        return { key, operator, values: set().map((value) => checkedValue(key, value)) };
      case ">":
      case "<":
        return { key, operator: operator === ">" ? "gt" : "lt", values: [wholeNumber(word())] };
      default:
        return refuseRequirement(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
    }
  }

  function word(): string {
    if (peek().kind === "word") return next().text;
    if (["end", ",", ")"].includes(peek().kind)) return "";
    return refuseRequirement(`found '${peek().text}', expected: identifier`);
  }

  function set(): string[] {
    const { kind: opening, text: instead } = next();
    if (opening !== "(") return refuseRequirement(`found '${instead}' expected: '('`);
    const values: string[] = [];
    for (;;) {
      values.push(word());
      const { kind, text: found } = next();
      if (kind === ")") return values;
      if (kind !== ",") refuseRequirement(`found '${found}', expected: ',' or ')'`);
    }
  }

  function wholeNumber(value: string): string {
    if (!/^[+-]?\d+$/.test(value)) {
      refuseRequirement(
        `values[0]: Invalid value: ${goQuote(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    }
    return value;
  }
}

function checkLabelKey(key: string): void {
  const [problem] = labelKeyProblems(key);
  if (problem === undefined) return;
  throw new ApiError(
    400,
    "BadRequest",
    `unable to parse requirement: <nil>: Invalid value: ${goQuote(key)}: ${problem}`,
  );
}

function checkedValue(key: string, value: string): string {
  const [problem] = labelValueProblems(value);
  if (problem === undefined) return value;
  throw new ApiError(
    400,
    "BadRequest",
    `unable to parse requirement: values[0][${key}]: Invalid value: ${goQuote(value)}: ${problem}`,
  );
}
