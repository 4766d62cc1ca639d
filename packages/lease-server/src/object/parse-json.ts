import { type Json, JsonNumber, JsonObject } from "./json.ts";
import { isPrintable } from "./manager.ts";

/** JSON that cannot be read; its message is the one of Go's `encoding/json`. */
class JsonSyntaxError extends Error {}

/** The real server allows 10,000, which the stack here would not: no Lease needs more than eight. */
const MAX_DEPTH = 1000;
const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  "/": "/",
  '"': '"',
};

/**
 * Reads JSON without losing anything: repeated members, the text of numbers.
 * @throws `JsonSyntaxError` worded as Go words it.
 */
export function parseJson(text: string): Json {
  const reader = new Reader(text);
  reader.skipSpace();
  const value = reader.value(0);
  reader.skipSpace();
  if (!reader.atEnd) reader.fail("after top-level value");
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  skipSpace(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  value(depth: number): Json {
    const first = this.#text[this.#at];
    switch (first) {
      case "{":
      case "[":
        if (depth >= MAX_DEPTH) this.fail("exceeded max depth");
        this.#at++;
        return first === "{" ? this.#object(depth + 1) : this.#array(depth + 1);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        if (first === "-" || isDigit(first)) return this.#number();
        return this.fail("looking for beginning of value");
    }
  }

  fail(context: string): never {
    const character = this.#text[this.#at];
    if (character === undefined) throw new JsonSyntaxError("unexpected end of JSON input");
    throw new JsonSyntaxError(`invalid character ${quoteCharacter(character)} ${context}`);
  }

  #object(depth: number): JsonObject {
    const members: [string, Json][] = [];
    this.skipSpace();
    if (this.#take("}")) return new JsonObject(members);
    for (;;) {
      this.skipSpace();
      if (this.#text[this.#at] !== '"') this.fail("looking for beginning of object key string");
      const name = this.#string();
      this.skipSpace();
      if (!this.#take(":")) this.fail("after object key");
      this.skipSpace();
      members.push([name, this.value(depth)]);
      this.skipSpace();
      if (this.#take("}")) return new JsonObject(members);
      if (!this.#take(",")) this.fail("after object key:value pair");
    }
  }

  #array(depth: number): Json[] {
    const items: Json[] = [];
    this.skipSpace();
    if (this.#take("]")) return items;
    for (;;) {
      this.skipSpace();
      items.push(this.value(depth));
      this.skipSpace();
      if (this.#take("]")) return items;
      if (!this.#take(",")) this.fail("after array element");
    }
  }

  #string(): string {
    let result = "";
    this.#at++;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined || character < " ") this.fail("in string literal");
      this.#at++;
      if (character === '"') return wellFormed(result);
      result += character === "\\" ? this.#escape() : character;
    }
  }

  #escape(): string {
    const character = this.#text[this.#at];
    if (character === "u") {
      this.#at++;
      return String.fromCharCode(Number.parseInt(this.#fourHexDigits(), 16));
    }
    const meaning = character === undefined ? undefined : ESCAPES[character];
    if (meaning === undefined) return this.fail("in string escape code");
    this.#at++;
    return meaning;
  }

  #fourHexDigits(): string {
    const start = this.#at;
    while (this.#at < start + 4) {
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? "")) {
        this.fail("in \\u hexadecimal character escape");
      }
      this.#at++;
    }
    return this.#text.slice(start, this.#at);
  }

  #word<T extends Json>(word: string, value: T): T {
    for (const expected of word) {
      if (this.#text[this.#at] !== expected) this.fail(`in literal ${word} (expecting '${expected}')`);
      this.#at++;
    }
    return value;
  }

  #number(): JsonNumber {
    const start = this.#at;
    this.#take("-");
    if (!this.#take("0")) this.#digits("in numeric literal");
    if (this.#take(".")) this.#digits("after decimal point in numeric literal");
    if (this.#take("e") || this.#take("E")) {
      if (!this.#take("+")) this.#take("-");
      this.#digits("in exponent of numeric literal");
    }
    return new JsonNumber(this.#text.slice(start, this.#at));
  }

  #digits(context: string): void {
    if (!isDigit(this.#text[this.#at])) this.fail(context);
    while (isDigit(this.#text[this.#at])) this.#at++;
  }

  #take(expected: string): boolean {
    if (this.#text[this.#at] !== expected) return false;
    this.#at++;
    return true;
  }
}

/** Half of a surrogate pair becomes U+FFFD, as in Go. */
function wellFormed(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= "0" && character <= "9";
}

/** Go reports the byte, not the character, and shows it as if it were Latin-1. */
function quoteCharacter(character: string): string {
  const byte = Buffer.from(character, "utf8")[0] ?? 0;
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  return `'${goQuote(String.fromCharCode(byte)).slice(1, -1)}'`;
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** A string as Go's `%q` shows it. */
export function goQuote(text: string): string {
  let result = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const named = NAMED_ESCAPES[character];
    if (named !== undefined) result += named;
    else if (isPrintable(character)) result += character;
    else if (code < 0x80) result += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (code < 0x10000) result += `\\u${code.toString(16).padStart(4, "0")}`;
    else result += `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return `"${result}"`;
}
