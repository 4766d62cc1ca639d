import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readTokens } from "./read-tokens.ts";
import { tokenAccess } from "./token-access.ts";

const SECRET = "s3cret-token";

describe("readTokens", () => {
  it("reads YAML with the rules of a Role pasted into it", async () => {
    const path = file(`
tokens:
  - token: ${SECRET}
    user: system:serviceaccount:default:worker
    groups: [system:serviceaccounts]
    rules:
      - apiGroups: ["coordination.k8s.io"]
        resources: ["leases"]
        verbs: ["create"]
      - apiGroups: ["coordination.k8s.io"]
        resources: ["leases"]
        resourceNames: ["worker"]
        verbs: ["get", "update", "watch"]
        namespaces: [default]
      - apiGroups: [""]
        resources: ["pods"]
        verbs: ["list"]
`);
    const access = tokenAccess(await readTokens(path));
    const caller = access.authenticate(`Bearer ${SECRET}`);
    expect(caller.user).toBe("system:serviceaccount:default:worker");
    const leases = { group: "coordination.k8s.io", resource: "leases" };
    expect(access.allows(caller, { ...leases, verb: "create", namespace: "other" })).toBe(true);
    expect(access.allows(caller, { ...leases, verb: "update", namespace: "default", name: "worker" })).toBe(
      true,
    );
    expect(access.allows(caller, { ...leases, verb: "update", namespace: "other", name: "worker" })).toBe(
      false,
    );
    expect(access.allows(caller, { ...leases, verb: "update", namespace: "default", name: "demo" })).toBe(
      false,
    );
  });

  it("reads JSON", async () => {
    const tokens = [{ token: SECRET, user: "u", rules: [{ verbs: ["*"] }] }];
    expect((await readTokens(file(JSON.stringify({ tokens })))).tokens).toEqual([
      { ...tokens[0], groups: [] },
    ]);
  });

  const refused: Record<string, [text: string, message: string]> = {
    "an empty file": ["", "Expected `{ tokens: […] }` as an object, got null"],
    "a list": [`- token: ${SECRET}`, "Expected `{ tokens: […] }` as an object, got a list"],
    "no tokens": ["tokens: []", "Expected `tokens` with at least one token, got none"],
    "tokens by name": [
      `tokens: { ${SECRET}: worker }`,
      "Expected `tokens` as a list, got a value of type object",
    ],
    "a token as a key": [
      `tokens: [{ ${SECRET}: worker }]`,
      "Expected `tokens[0]` to have only token, user, groups, rules, got another key",
    ],
    "a token as the only key": [
      `${SECRET}: {}`,
      "Expected `{ tokens: […] }` to have only tokens, got another key",
    ],
    "a token with a space": [
      `tokens: [{ token: "${SECRET} x", user: u }]`,
      "Expected `tokens[0].token` as a string of visible ASCII characters without spaces, got another string",
    ],
    "a number for a token": [
      "tokens: [{ token: 1234567, user: u }]",
      "Expected `tokens[0].token` as a string of visible ASCII characters without spaces, got a value of type number",
    ],
    "no user": [`tokens: [{ token: ${SECRET} }]`, "Expected `tokens[0].user` as a string, got nothing"],
    "an empty user": [
      `tokens: [{ token: ${SECRET}, user: "" }]`,
      "Expected `tokens[0].user` as a string that is not empty, got an empty one",
    ],
    "the same token twice": [
      `tokens: [{ token: ${SECRET}, user: a }, { token: ${SECRET}, user: b }]`,
      "Expected `tokens[1].token` unlike that of `tokens[0]`, got the same",
    ],
    "a rule without verbs": [
      `tokens: [{ token: ${SECRET}, user: u, rules: [{ resources: [leases] }] }]`,
      "Expected `tokens[0].rules[0].verbs` as a list, got nothing",
    ],
    "a rule with no verb": [
      `tokens: [{ token: ${SECRET}, user: u, rules: [{ verbs: [] }] }]`,
      "Expected `tokens[0].rules[0].verbs` as a list with at least one entry, got an empty list",
    ],
    "verbs that are no list": [
      `tokens: [{ token: ${SECRET}, user: u, rules: [{ verbs: get }] }]`,
      "Expected `tokens[0].rules[0].verbs` as a list, got another string",
    ],
    "a misspelt key": [
      `tokens: [{ token: ${SECRET}, user: u, rules: [{ verbs: [get], resourceName: [x] }] }]`,
      'Expected `tokens[0].rules[0]` to have only verbs, apiGroups, resources, resourceNames, namespaces, got "resourceName"',
    ],
    "a rule for paths": [
      `tokens: [{ token: ${SECRET}, user: u, rules: [{ verbs: [get], nonResourceURLs: ["*"] }] }]`,
      '"nonResourceURLs"',
    ],
    "what is not YAML": [`tokens:\n  - token: "${SECRET}\n    user: u\n`, "line "],
    "two documents": [`tokens: []\n---\n${SECRET}: 1\n`, "line 2 is not valid YAML (MULTIPLE_DOCS)"],
    "an alias to nowhere": [`tokens: *${SECRET}\n`, "Cannot read the tokens"],
  };
  for (const [what, [text, message]] of Object.entries(refused)) {
    it(`refuses ${what} in one line with the file's name and without a token`, async () => {
      const path = file(text);
      const error = await readTokens(path).then(
        () => expect.fail("It was accepted"),
        (error: unknown) => error,
      );
      const said = error instanceof Error ? error.message : "";
      expect(said).toContain(`Cannot read the tokens in ${path}: `);
      expect(said).toContain(message);
      expect(said).not.toContain("\n");
      expect(`${said} ${error instanceof Error ? error.stack : ""}`).not.toMatch(/s3cret|1234567/);
    });
  }

  it("says which file is not there", async () => {
    await expect(readTokens("/nowhere/tokens.yaml")).rejects.toThrow(
      "Cannot read the tokens in /nowhere/tokens.yaml: ENOENT: no such file or directory, open '/nowhere/tokens.yaml'",
    );
  });
});

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "tenure-tokens-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "tokens.yaml");
  writeFileSync(path, text);
  return path;
}
