import { readFile } from "node:fs/promises";
import type { TokenAccessOptions } from "./token-access.ts";
import { checkTokens } from "./token-options.ts";

/**
 * Reads a file of tokens, YAML or JSON. A rule is one of a Kubernetes Role, pasted as it is, with `namespaces` besides where it
 * shall not hold everywhere:
 *
 * ```yaml
 * tokens:
 *   - token: worker-secret
 *     user: system:serviceaccount:default:worker
 *     rules:
 *       - apiGroups: ["coordination.k8s.io"]
 *         resources: ["leases"]
 *         verbs: ["create"]
 *       - apiGroups: ["coordination.k8s.io"]
 *         resources: ["leases"]
 *         resourceNames: ["worker"]
 *         verbs: ["get", "update", "watch"]
 *         namespaces: ["default"]
 * ```
 * @throws Error in one line that names the file and the place; never with a token in it.
 */
export async function readTokens(path: string): Promise<TokenAccessOptions> {
  const text = await read(path);
  // Asked for by few: a server without tokens starts without it.
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    // Its message would quote the file.
    const line = text.slice(0, error.pos[0]).split("\n").length;
    throw new TypeError(`Cannot read the tokens in ${path}: line ${line} is not valid YAML (${error.code})`);
  }
  try {
    return { tokens: checkTokens(document.toJS()) };
  } catch (error) {
    const why = error instanceof TypeError ? error.message : "it refers to what is not there";
    throw new TypeError(`Cannot read the tokens in ${path}: ${why}`);
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot read the tokens in ${path}: ${why}`, { cause });
  }
}
