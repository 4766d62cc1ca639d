import { KubeConfig } from "@kubernetes/client-node";
import { describe, expect, expectTypeOf, it } from "vitest";
import { type KubeConfigLike, namespaceOf, serverOf } from "./kube-config.ts";
import { LeaseClient } from "./lease-client.ts";

describe("KubeConfig of client-node", () => {
  it("is a KubeConfigLike", () => {
    expectTypeOf<KubeConfig>().toExtend<KubeConfigLike>();
  });

  it("gives server and namespace", async () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromOptions({
      clusters: [{ name: "c", server: "https://10.0.0.1:6443/k8s/clusters/x" }],
      users: [{ name: "u", token: "t" }],
      contexts: [{ name: "x", cluster: "c", user: "u", namespace: "team\n" }],
      currentContext: "x",
    });
    await using client = new LeaseClient({ kubeConfig });
    expect(client.server).toBe("https://10.0.0.1:6443");
    expect(client.verifiesServer).toBe(true);
    expect(client.lock({ name: "app" }).description).toBe("lease team/app");
    expect(client.lock({ name: "app", namespace: "other" }).description).toBe("lease other/app");
  });
});

const config = (server: unknown) => ({
  getCurrentCluster: () => server,
  applyToHTTPSOptions: async () => {},
});

it.each([undefined, null, {}, { getCurrentCluster: () => null }, "kubeconfig"])(
  "refuses %j as none",
  (kubeConfig) => {
    // Wrong on purpose: callers without types.
    expect(() => serverOf(kubeConfig as never)).toThrow(TypeError);
    expect(() => new LeaseClient({ kubeConfig: kubeConfig as never })).toThrow(TypeError);
  },
);

it.each([
  null,
  {},
  { server: "" },
  { server: "localhost:6443" },
  { server: "ftp://x" },
  { server: "https://u:secret@" },
  { server: "https://u:secret%zz@x" },
  { server: "https://secret%zz@x" },
])("refuses the cluster %j, without quoting it", (cluster) => {
  expect(() => serverOf(config(cluster) as never)).toThrow(RangeError);
  expect(() => serverOf(config(cluster) as never)).not.toThrow(/secret/);
  expect(() => new LeaseClient({ kubeConfig: config(cluster) as never })).toThrow(RangeError);
});

it.each([
  [{ server: "https://x" }, true],
  [{ server: "https://x", skipTLSVerify: true }, false],
  [{ server: "http://x" }, false],
])("tells of %j whether the server is verified: %s", (cluster, verifies) => {
  const kubeConfig = config(cluster) as KubeConfigLike;
  expect(new LeaseClient({ kubeConfig }).verifiesServer).toBe(verifies);
});

it("takes the namespace default where there is none", () => {
  const rest = config({ server: "https://x" }) as KubeConfigLike;
  expect(namespaceOf(rest)).toBe("default");
  expect(namespaceOf({ ...rest, getCurrentContext: () => "x", getContextObject: () => null })).toBe(
    "default",
  );
  expect(
    namespaceOf({ ...rest, getCurrentContext: () => "x", getContextObject: () => ({ namespace: "" }) }),
  ).toBe("default");
});
