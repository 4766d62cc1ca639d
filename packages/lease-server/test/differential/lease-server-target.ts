import type { AccessToken, LeaseServer } from "@tenure/lease-server";
import type { Asker } from "./step.ts";
import { LIMITED_RULES, LIMITED_USER, POWERLESS_USER, type Target } from "./target.ts";

const TOKENS: Readonly<Record<Asker, string>> = {
  admin: "admin-token",
  limited: "limited-token",
  nobody: "powerless-token",
  stranger: "not-a-token",
};

/** The same users as on the real server. */
export const TARGET_TOKENS: readonly AccessToken[] = [
  { token: TOKENS.admin, user: "admin", groups: ["system:masters"] },
  { token: TOKENS.limited, user: LIMITED_USER, rules: LIMITED_RULES },
  { token: TOKENS.nobody, user: POWERLESS_USER },
];

/** A lease-server that was started with {@link TARGET_TOKENS} and strict namespaces. */
export function leaseServerTarget(server: LeaseServer): Target {
  const credentials = (asker: Asker) => ({ authorization: `Bearer ${TOKENS[asker]}` });
  return {
    url: server.url,
    ca: server.ca,
    credentials,
    async forget() {
      server.compact();
    },
    async createNamespace(name) {
      const response = await fetch(`${server.url}/api/v1/namespaces`, {
        method: "POST",
        headers: { ...credentials("admin"), "content-type": "application/json" },
        body: JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name } }),
      });
      if (response.status !== 201) throw new Error(`Namespace ${name}: ${response.status}`);
    },
  };
}
