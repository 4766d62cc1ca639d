/** Where one Lease is kept, and the labels this lock gives it. Made by {@link leaseKey}, so always valid. */
export interface LeaseKey {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

const LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
const DNS_LABEL = new RegExp(`^${LABEL}$`);
const DNS_SUBDOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const QUALIFIED_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/**
 * Checks a lock's options by the API server's own rules, so that a wrong one fails where it is written.
 *
 * @throws `TypeError` when something is no string, `RangeError` when its form is wrong.
 */
export function leaseKey(options: {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}): LeaseKey {
  const { name, namespace, labels = {} } = options;
  check("name", name, 253, DNS_SUBDOMAIN, "a DNS-1123 subdomain (a-z, 0-9, '-' and '.')");
  check("namespace", namespace, 63, DNS_LABEL, "a DNS-1123 label (a-z, 0-9 and '-')");
  if (typeof labels !== "object" || labels === null || Array.isArray(labels)) {
    throw new TypeError(`Expected \`labels\` as an object of strings, got ${describe(labels)}`);
  }
  for (const [key, value] of Object.entries(labels)) checkLabel(key, value);
  return Object.freeze({ name, namespace, labels: Object.freeze({ ...labels }) });
}

function checkLabel(key: string, value: string): void {
  const slash = key.indexOf("/");
  if (slash >= 0) {
    check(`labels key prefix`, key.slice(0, slash), 253, DNS_SUBDOMAIN, "a DNS-1123 subdomain");
  }
  check("labels key", key.slice(slash + 1), 63, QUALIFIED_NAME, "letters, digits, '-', '_' and '.'");
  if (value !== "") {
    check(`labels["${key}"]`, value, 63, QUALIFIED_NAME, "letters, digits, '-', '_' and '.'");
  }
}

function check(option: string, value: unknown, maxLength: number, form: RegExp, expected: string): void {
  if (typeof value !== "string") {
    throw new TypeError(`Expected \`${option}\` as a string, got ${describe(value)}`);
  }
  if (value.length > maxLength || !form.test(value)) {
    throw new RangeError(
      `Expected \`${option}\` as ${expected} of at most ${maxLength} characters, got ${describe(value)}`,
    );
  }
}

/** A wrong argument as a message may show it: its type, or a string cut to a readable length. */
function describe(value: unknown): string {
  if (typeof value !== "string") return value === null ? "null" : typeof value;
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
