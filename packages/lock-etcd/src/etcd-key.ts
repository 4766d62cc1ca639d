/** With the `u` flag, surrogates that are half a character only. */
export const LONE_SURROGATE: RegExp = /\p{Surrogate}/u;
/** Longer ones are refused: a name is no payload. In bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

/**
 * The key of a record: the prefix and then the name, byte for byte, so that different names are different keys.
 *
 * @throws `TypeError` when something is no string; `RangeError` when it is empty, too long, or holds half a character,
 * which UTF-8 cannot tell from another half.
 */
export function etcdKey(prefix: unknown, name: unknown): string {
  check("prefix", prefix);
  check("name", name);
  if (name === "") throw new RangeError("Expected `name` as a string that is not empty");
  const key = `${prefix}${name}`;
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) {
    throw new RangeError(
      `Expected \`prefix\` and \`name\` of at most ${MAX_KEY_BYTES} bytes together, got ${bytes}`,
    );
  }
  return key;
}

function check(option: string, value: unknown): asserts value is string {
  if (typeof value !== "string") {
    throw new TypeError(`Expected \`${option}\` as a string, got ${value === null ? "null" : typeof value}`);
  }
  if (LONE_SURROGATE.test(value)) throw new RangeError(`Expected \`${option}\` without lone surrogates`);
}
