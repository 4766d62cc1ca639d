import type { Asker } from "./step.ts";

/** A server that the set is sent to. */
export interface Target {
  readonly url: string;
  /** PEM, where it is https. */
  readonly ca: string | undefined;
  /** Headers that say who asks. */
  credentials(asker: Asker): Readonly<Record<string, string>>;
  createNamespace(name: string): Promise<void>;
  /** From now on the server does not know what changed before. */
  forget(): Promise<void>;
}

/** The user behind `limited`, on every server. */
export const LIMITED_USER = "limited-user";
/** The user behind `nobody`, who may do nothing. */
export const POWERLESS_USER = "powerless-user";

/** A rule as RBAC has it. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const LEASES = { apiGroups: ["coordination.k8s.io"], resources: ["leases"] };

/** What {@link LIMITED_USER} may, in all namespaces; nothing else. */
export const LIMITED_RULES: readonly Rule[] = [
  { ...LEASES, verbs: ["create"] },
  { ...LEASES, resourceNames: ["mine"], verbs: ["get", "update", "watch", "patch"] },
];
