import { describe, expect, it } from "vitest";
import { parseLockUrl, parseStoreUrl } from "./lock-url.ts";

describe("a lock URL", () => {
  it("names a Lease where the kubeconfig says", () => {
    expect(parseLockUrl("k8s://jobs/my.app")).toEqual({
      kind: "k8s",
      context: undefined,
      namespace: "jobs",
      name: "my.app",
    });
    expect(parseLockUrl("K8S://jobs/app?context=a%40b")).toMatchObject({ context: "a@b" });
  });

  it("names a Lease of a lease-server, with TLS or without", () => {
    expect(parseLockUrl("lease-server://127.0.0.1:8000/jobs/app")).toEqual({
      kind: "lease-server",
      server: "http://127.0.0.1:8000",
      namespace: "jobs",
      name: "app",
    });
    expect(parseLockUrl("lease-servers://[::1]/jobs/app")).toMatchObject({ server: "https://[::1]:7410" });
  });

  it("is a Redis URL, a slash and a name: with a database, or without", () => {
    const plain = {
      kind: "redis",
      tls: false,
      addresses: [{ host: "h", port: 6379 }],
      username: undefined,
      password: undefined,
      database: 0,
      prefix: undefined,
      sentinel: undefined,
      cluster: false,
      name: "app",
    };
    expect(parseLockUrl("redis://h/app")).toEqual(plain);
    expect(parseLockUrl("redis://h/0/app")).toEqual(plain);
    expect(parseLockUrl("rediss://u:p%40ss:w@h:1/3/team/a%2Fb?prefix=x:")).toEqual({
      ...plain,
      tls: true,
      addresses: [{ host: "h", port: 1 }],
      username: "u",
      password: "p@ss:w",
      database: 3,
      prefix: "x:",
      name: "team/a/b",
    });
    // A name of digits is only one after a database.
    expect(parseLockUrl("redis://h/0/7")).toMatchObject({ database: 0, name: "7" });
    expect(() => parseLockUrl("redis://h/7")).toThrow("no lease name");
    expect(parseLockUrl("redis://:secret@h/app")).toMatchObject({ username: undefined, password: "secret" });
  });

  it("names Sentinels, or nodes of a Cluster", () => {
    expect(parseLockUrl("redis://a,b:1/app?sentinel=main")).toMatchObject({
      addresses: [
        { host: "a", port: 26_379 },
        { host: "b", port: 1 },
      ],
      sentinel: "main",
    });
    expect(parseLockUrl("redis://a,b/app?cluster=true")).toMatchObject({ cluster: true });
    for (const [url, why] of [
      ["redis://a,b/app", "sentinel"],
      ["redis://a/app?cluster=true&sentinel=x", "got both"],
      ["redis://a/app?cluster=yes", '"true"'],
      ["redis://a/1/app?cluster=true", "database 0"],
    ] as const) {
      expect(() => parseLockUrl(url)).toThrow(why);
    }
  });

  it("names members of etcd, and a key", () => {
    expect(parseLockUrl("etcds://u:p@a,[::1]:1/team/app?prefix=/x/")).toEqual({
      kind: "etcd",
      tls: true,
      hosts: ["https://a:2379", "https://[::1]:1"],
      username: "u",
      password: "p",
      prefix: "/x/",
      name: "team/app",
    });
    expect(parseLockUrl("etcd://a/app")).toMatchObject({ hosts: ["http://a:2379"], prefix: undefined });
  });

  it.each([
    "k8s:///app",
    "k8s://default/",
    "k8s://default/app/more",
    "k8s://a:1/app",
    "k8s://a,b/app",
    "k8s://u@a/app",
    `k8s://${"n".repeat(64)}/app`,
    `k8s://n/${"a".repeat(254)}`,
    "k8s://n/-app",
    "lease-server:///n/app",
    "lease-server://a,b/n/app",
    "lease-server://t@a/n/app",
    "lease-server://a/n/app?context=x",
    "redis:///app",
    "redis://h:0/app",
    "redis://h:65536/app",
    "redis://h:x/app",
    "redis://h/",
    "redis://h",
    "redis://h/%zz",
    "redis://h/app#x",
    "redis://h x/app",
    "etcd://h",
    "etcd:///app",
    "etcd:h/app",
    "",
  ])("is refused with exit code 2: %j", (url) => {
    expect(() => parseLockUrl(url)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  it("is never quoted where a password may stand in it", () => {
    for (const url of [
      "redis://u:canary",
      "redis://u:canary@h:x/app",
      "redis://u:can/canary@h/app",
      "redis://u:can#canary@h/app",
      "redis://u:can?canary@h/app",
      "redis://u:%canary@h/app",
      "etcd://u:canary@h",
      "lease-server://canary@h/n/app",
      "rediss://u:canary@h/app?x=canary",
    ]) {
      expect(() => parseLockUrl(url)).toThrow(
        expect.objectContaining({ exitCode: 2, message: expect.not.stringContaining("canary") }),
      );
    }
  });
});

describe("a store URL", () => {
  it("names a namespace, or none", () => {
    expect(parseStoreUrl("k8s://jobs")).toMatchObject({ kind: "k8s", namespace: "jobs" });
    expect(parseStoreUrl("k8s://")).toMatchObject({ kind: "k8s", namespace: undefined });
    expect(parseStoreUrl("lease-server://h/jobs/")).toMatchObject({ namespace: "jobs" });
    expect(parseStoreUrl("lease-server://h")).toMatchObject({ namespace: undefined });
    expect(parseStoreUrl("redis://h/2")).toMatchObject({ kind: "redis", database: 2 });
  });

  it("has no lease name", () => {
    for (const url of ["k8s://jobs/app", "lease-server://h/jobs/app", "redis://h/app", "etcd://h/app"]) {
      expect(() => parseStoreUrl(url)).toThrow(expect.objectContaining({ exitCode: 2 }));
    }
  });
});
