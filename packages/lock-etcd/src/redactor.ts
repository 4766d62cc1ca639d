const MAX_TEXT = 1000;
/** Shorter ones would hide ordinary words. */
const MIN_SECRET = 4;

/** Makes text that came from outside fit for a message. */
export type Redactor = (text: string) => string;

/**
 * A {@link Redactor} that takes out these secrets wherever they occur (a server or a proxy may echo what it was sent),
 * control characters, and whatever exceeds a readable length.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  // The longest first: a header's value holds the bare token.
  const hidden = secrets.filter((secret) => secret.length >= MIN_SECRET).sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const secret of hidden) clean = clean.replaceAll(secret, "[redacted]");
    clean = clean.replaceAll(/\p{Cc}+/gu, " ").trim();
    return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT)}…` : clean;
  };
}
