const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const KEY_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE = `(${KEY_NAME})?`;

const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const KEY_TEXT =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** What is wrong with the name of an object. */
export function nameProblems(name: string): readonly string[] {
  const problems: string[] = [];
  if (byteLength(name) > 253) problems.push("must be no more than 253 characters");
  if (!matches(SUBDOMAIN, name)) problems.push(regexProblem(SUBDOMAIN_TEXT, SUBDOMAIN, "example.com"));
  return problems;
}

/** What is wrong with the beginning of a name that is to be completed. */
export function namePrefixProblems(prefix: string): readonly string[] {
  // What follows may make up for a last hyphen.
  return nameProblems(prefix.length > 1 && prefix.endsWith("-") ? `${prefix.slice(0, -2)}a` : prefix);
}

/** What is wrong with the name of a namespace. */
export function namespaceProblems(name: string): readonly string[] {
  const problems: string[] = [];
  if (byteLength(name) > 63) problems.push("must be no more than 63 characters");
  if (!matches(LABEL, name)) {
    if (matches(SUBDOMAIN, name)) problems.push("must not contain dots");
    else problems.push(regexProblem(LABEL_TEXT, LABEL, "my-name", "123-abc"));
  }
  return problems;
}

/** What no name may hold in a path, whatever its kind. */
export function pathSegmentProblems(name: string, prefix: boolean): readonly string[] {
  if (!prefix && (name === "." || name === "..")) return [`may not be '${name}'`];
  return ["/", "%"].filter((bad) => name.includes(bad)).map((bad) => `may not contain '${bad}'`);
}

/** What is wrong with a key of a label or an annotation, or with a finalizer. */
export function labelKeyProblems(key: string): readonly string[] {
  const problems: string[] = [];
  const parts = key.split("/");
  if (parts.length > 2) {
    const problem = regexProblem(KEY_TEXT, KEY_NAME, "MyName", "my.name", "123-abc");
    return [
      `a valid label key ${problem} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? "";
  if (parts.length === 2) problems.push(...prefixProblems(parts[0] ?? ""));
  if (name === "") problems.push("name part must be non-empty");
  else if (byteLength(name) > 63) problems.push("name part must be no more than 63 bytes");
  if (!matches(KEY_NAME, name)) {
    problems.push(`name part ${regexProblem(KEY_TEXT, KEY_NAME, "MyName", "my.name", "123-abc")}`);
  }
  return problems;
}

/** What is wrong with the value of a label. */
export function labelValueProblems(value: string): readonly string[] {
  const problems: string[] = [];
  if (byteLength(value) > 63) problems.push("must be no more than 63 bytes");
  if (!matches(LABEL_VALUE, value)) {
    problems.push(regexProblem(VALUE_TEXT, LABEL_VALUE, "MyValue", "my_value", "12345"));
  }
  return problems;
}

function prefixProblems(prefix: string): readonly string[] {
  if (prefix === "") return ["prefix part must be non-empty"];
  const problems: string[] = [];
  if (byteLength(prefix) > 253) problems.push("prefix part must be no more than 253 bytes");
  if (!matches(SUBDOMAIN, prefix)) {
    problems.push(`prefix part ${regexProblem(SUBDOMAIN_TEXT, SUBDOMAIN, "example.com")}`);
  }
  return problems;
}

function regexProblem(text: string, pattern: string, ...examples: readonly string[]): string {
  const list = examples.map((example) => `'${example}', `).join(" or ");
  return `${text} (e.g. ${list}regex used for validation is '${pattern}')`;
}

function matches(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern}$`).test(text);
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, "utf8");
}
