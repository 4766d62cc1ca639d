/**
 * What others wrote (a holder's name, a server's words) as a terminal may be shown it: control characters, which could move the
 * cursor or hide text, as their codes. JSON has escapes of its own.
 */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
