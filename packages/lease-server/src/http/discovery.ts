import type { OutputShape } from "./negotiate.ts";

/** The Kubernetes whose Lease API this is. */
const KUBERNETES_VERSION = "1.36.3";

const LEASE_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const NAMESPACE_VERBS = ["create", "delete", "get", "list", "watch"];

interface Resource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  /** As the real server makes it of group, version and kind. */
  readonly storageVersionHash?: string;
}

const GROUPS: readonly { readonly group: string; readonly resources: readonly Resource[] }[] = [
  {
    group: "",
    resources: [
      {
        name: "namespaces",
        singularName: "namespace",
        namespaced: false,
        kind: "Namespace",
        verbs: NAMESPACE_VERBS,
        shortNames: ["ns"],
        storageVersionHash: "Q3oi5N2YM8M=",
      },
    ],
  },
  {
    group: "authorization.k8s.io",
    resources: [
      {
        name: "selfsubjectaccessreviews",
        singularName: "selfsubjectaccessreview",
        namespaced: false,
        kind: "SelfSubjectAccessReview",
        verbs: ["create"],
      },
      {
        name: "selfsubjectrulesreviews",
        singularName: "selfsubjectrulesreview",
        namespaced: false,
        kind: "SelfSubjectRulesReview",
        verbs: ["create"],
      },
    ],
  },
  {
    group: "coordination.k8s.io",
    resources: [
      {
        name: "leases",
        singularName: "lease",
        namespaced: true,
        kind: "Lease",
        verbs: LEASE_VERBS,
        storageVersionHash: "gqkMMb/YqFM=",
      },
    ],
  },
];

/** Where each group is. */
export const GROUP_PATHS: readonly string[] = GROUPS.map(({ group }) =>
  group === "" ? "/api" : `/apis/${group}`,
);

/** The document at a path of discovery, or `undefined`. `address` is where the client has reached this server. */
export function discoveryDocument(path: string, shape: OutputShape, address: string): object | undefined {
  if (shape.kind === "discovery") {
    if (path === "/api") return aggregated(shape.version, (group) => group === "");
    if (path === "/apis") return aggregated(shape.version, (group) => group !== "");
  }
  if (path === "/api") {
    const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress: address }];
    return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs };
  }
  if (path === "/apis") {
    const named = GROUPS.filter(({ group }) => group !== "");
    return { kind: "APIGroupList", apiVersion: "v1", groups: named.map(({ group }) => apiGroup(group)) };
  }
  for (const { group, resources } of GROUPS) {
    if (group !== "" && path === `/apis/${group}`) {
      return { kind: "APIGroup", apiVersion: "v1", ...apiGroup(group) };
    }
    if (path === versionPath(group)) {
      const groupVersion = group === "" ? "v1" : `${group}/v1`;
      return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources };
    }
  }
  return undefined;
}

function versionPath(group: string): string {
  return group === "" ? "/api/v1" : `/apis/${group}/v1`;
}

/** `/version`, which kubectl shows and clients measure their own version by. */
export function versionDocument(): object {
  const [major, minor] = KUBERNETES_VERSION.split(".");
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: `v${KUBERNETES_VERSION}+tenure-lease-server`,
    gitCommit: "",
    gitTreeState: "",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: "",
    platform: `${process.platform}/${process.arch}`,
  };
}

function apiGroup(name: string): object {
  const version = { groupVersion: `${name}/v1`, version: "v1" };
  return { name, versions: [version], preferredVersion: version };
}

function aggregated(version: string, wanted: (group: string) => boolean): object {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: GROUPS.filter(({ group }) => wanted(group)).map(({ group, resources }) => ({
      metadata: { ...(group === "" ? {} : { name: group }), creationTimestamp: null },
      versions: [
        {
          version: "v1",
          resources: resources.map(({ name, singularName, namespaced, kind, verbs, shortNames }) => ({
            resource: name,
            // As the real server leaves them: those of the list it is in.
            responseKind: { group: "", version: "", kind },
            scope: namespaced ? "Namespaced" : "Cluster",
            singularResource: singularName,
            verbs,
            ...(shortNames === undefined ? {} : { shortNames }),
          })),
          freshness: "Current",
        },
      ],
    })),
  };
}
