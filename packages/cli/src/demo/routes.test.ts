import type { RequestOptions } from "node:https";
import type { DetailedPeerCertificate } from "node:tls";
import type { KubeConfigLike } from "@tenure/lock-k8s-lease";
import { describe, expect, it } from "vitest";
import { routeEtcd, routeKubeConfig, routeRedis } from "./routes.ts";

const certificateFor = (subjectaltname: string): DetailedPeerCertificate =>
  ({ subject: { CN: "x" }, subjectaltname }) as DetailedPeerCertificate; // all that is looked at

describe("routeKubeConfig", () => {
  async function routed(server: string, applied: RequestOptions = {}) {
    const kubeConfig: KubeConfigLike = {
      getCurrentCluster: () => ({ server }),
      getCurrentContext: () => "here",
      getContextObject: () => ({ namespace: "elections" }),
      applyToHTTPSOptions: async (request) => {
        Object.assign(request, applied);
      },
    };
    const { hostname, port } = new URL(server);
    const host = hostname.replace(/^\[|\]$/g, "");
    const route = { host, port: Number(port) || 443, viaPort: 7001 };
    const through = routeKubeConfig(kubeConfig, [route]);
    const request: RequestOptions = {};
    await through.applyToHTTPSOptions(request);
    return { through, request };
  }

  it("goes to the proxy and asks the server for the name that the kubeconfig has", async () => {
    const { through, request } = await routed("https://kube.example:6443/prefix");
    expect(through.getCurrentCluster()?.server).toBe("https://127.0.0.1:7001/prefix");
    expect(through.getContextObject?.("here")).toEqual({ namespace: "elections" });
    expect(request).toEqual({ servername: "kube.example" });
  });

  it("keeps tls-server-name", async () => {
    const { request } = await routed("https://10.0.0.1", { servername: "kube.example" });
    expect(request).toEqual({ servername: "kube.example" });
  });

  it.each(["https://10.0.0.1:6443", "https://[fd00::1]:6443"])(
    "checks the certificate of %s for that address",
    async (server) => {
      const { request } = await routed(server);
      expect(request.servername).toBeUndefined();
      const check = (names: string) => request.checkServerIdentity?.("127.0.0.1", certificateFor(names));
      expect(
        check(server.includes("fd00") ? "IP Address:FD00:0:0:0:0:0:0:1" : "IP Address:10.0.0.1"),
      ).toBeUndefined();
      expect(check("IP Address:127.0.0.1")).toBeInstanceOf(Error);
    },
  );

  it("adds nothing about TLS where there is none", async () => {
    const { through, request } = await routed("http://127.0.0.1:8001");
    expect(through.getCurrentCluster()?.server).toBe("http://127.0.0.1:7001/");
    expect(request).toEqual({});
  });
});

describe("routeRedis", () => {
  const routes = [{ host: "cache.example", port: 6380, viaPort: 7001 }];

  it("goes to the proxy, and with TLS asks for the server's name", () => {
    const redis = { host: "cache.example", port: 6380, password: "p" };
    expect(routeRedis(redis, routes)).toEqual({ host: "127.0.0.1", port: 7001, password: "p" });
    const tls = { ca: "PEM" };
    expect(routeRedis({ ...redis, tls }, routes).tls).toEqual({ ca: "PEM", servername: "cache.example" });
  });

  it("refuses to go where no proxy is", () => {
    expect(() => routeRedis({ host: "other.example", port: 6380 }, routes)).toThrow(
      /no way to other\.example:6380/,
    );
  });
});

describe("routeEtcd", () => {
  it("goes to a proxy for each member", () => {
    const routes = [
      { host: "one", port: 2379, viaPort: 7001 },
      { host: "two", port: 2379, viaPort: 7002 },
    ];
    expect(routeEtcd({ hosts: ["http://two:2379", "http://one:2379"] }, routes)).toEqual({
      hosts: ["http://127.0.0.1:7002", "http://127.0.0.1:7001"],
    });
  });

  it("checks the certificate for the member's name", () => {
    const routes = [{ host: "one", port: 2379, viaPort: 7001 }];
    expect(routeEtcd({ hosts: "https://one:2379" }, routes)).toEqual({
      hosts: ["https://127.0.0.1:7001"],
      grpcOptions: { "grpc.ssl_target_name_override": "one", "grpc.default_authority": "one:2379" },
    });
  });
});
