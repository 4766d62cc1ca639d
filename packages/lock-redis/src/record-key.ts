/** Where one record is kept. Made by {@link recordKey}, so always valid. */
export interface RecordKey {
  /** Of the hash: `"lease:{scheduler}"`. The braces make it one slot of a Redis Cluster. */
  readonly key: string;
  /** Where its changes are published: `"lease:{scheduler}@0"`. Channels are shared by all databases of a server, keys are not. */
  readonly channel: string;
  readonly database: number;
}

const MAX_LENGTH = 512;

/**
 * Checks a lock's name and prefix, and builds the key. Different names have different keys: what is not a letter, a digit or
 * one of `-_.:/` is percent-encoded.
 *
 * @throws `TypeError` when something is no string, `RangeError` when it cannot be used.
 */
export function recordKey(options: {
  readonly name: string;
  readonly prefix: string;
  readonly database: number;
}): RecordKey {
  const { name, prefix, database } = options;
  checkString("name", name);
  checkString("prefix", prefix);
  if (name === "") throw new RangeError("Expected `name` not to be empty");
  if (/[{}\s\p{Cc}]/u.test(prefix)) {
    throw new RangeError(
      `Expected \`prefix\` without braces, spaces and control characters, got ${JSON.stringify(prefix)}`,
    );
  }
  if (!Number.isSafeInteger(database) || database < 0) {
    throw new RangeError(`Expected the client's \`db\` as an integer from 0 on, got ${String(database)}`);
  }
  const key = `${prefix}{${encodeName(name)}}`;
  return Object.freeze({ key, channel: `${key}@${database}`, database });
}

function encodeName(name: string): string {
  // Lone surrogates all become the same bytes, so that two such names would be one.
  if (/\p{Surrogate}/u.test(name)) throw new RangeError("Expected `name` as well-formed Unicode");
  return encodeURIComponent(name)
    .replaceAll("%2F", "/")
    .replaceAll("%3A", ":")
    .replace(/[!'()*~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function checkString(option: string, value: unknown): asserts value is string {
  if (typeof value !== "string") {
    throw new TypeError(`Expected \`${option}\` as a string, got ${value === null ? "null" : typeof value}`);
  }
  if (value.length > MAX_LENGTH) {
    throw new RangeError(
      `Expected \`${option}\` of at most ${MAX_LENGTH} characters, got one of ${value.length}`,
    );
  }
}
