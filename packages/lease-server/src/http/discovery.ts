import type { OutputShape } from "./negotiate.ts";

/** The Kubernetes whose Lease API this is. */
export const KUBERNETES_VERSION = "1.36.3";

const LEASE_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const NAMESPACE_VERBS = ["create", "delete", "get", "list", "watch"];

interface Resource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
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
      { name: "leases", singularName: "lease", namespaced: true, kind: "Lease", verbs: LEASE_VERBS },
    ],
  },
];

/** The document at a path of discovery, or `undefined`. */
export function discoveryDocument(path: string, shape: OutputShape): object | undefined {
  if (shape === "discovery-v2" || shape === "discovery-v2beta1") {
    const version = shape === "discovery-v2" ? "v2" : "v2beta1";
    if (path === "/api") return aggregated(version, (group) => group === "");
    if (path === "/apis") return aggregated(version, (group) => group !== "");
  }
  if (path === "/api") return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
  if (path === "/apis") {
    return {
      kind: "APIGroupList",
      apiVersion: "v1",
      groups: GROUPS.filter(({ group }) => group !== "").map(({ group }) => apiGroup(group)),
    };
  }
  for (const { group, resources } of GROUPS) {
    if (group !== "" && path === `/apis/${group}`)
      return { kind: "APIGroup", apiVersion: "v1", ...apiGroup(group) };
    const version = group === "" ? "/api/v1" : `/apis/${group}/v1`;
    if (path === version) {
      return {
        kind: "APIResourceList",
        apiVersion: "v1",
        groupVersion: group === "" ? "v1" : `${group}/v1`,
        resources,
      };
    }
  }
  return undefined;
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
