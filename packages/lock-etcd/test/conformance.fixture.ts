import { createRequire } from "node:module";
import type { Address, CreateLock, Environment, LockFixture } from "@tenure/conformance";
import { type EtcdMinor, type EtcdServers, startEtcdServers } from "@tenure/testbed";
import { type CandidateOptions, createLock } from "./candidate.fixture.ts";

/** One way to run etcd. */
export interface EtcdVariant {
  readonly variant: string;
  readonly version: EtcdMinor;
  readonly members: 1 | 3;
  readonly security: "none" | "client certificates" | "user and password over TLS";
}

const ETCD3 = createRequire(import.meta.url)("etcd3/package.json") as { readonly version: string };
const PREFIX = "/tenure/";
const USER = { name: "candidate", password: "candidate-password", prefix: PREFIX };
/** May read and write something, but nothing of an election. */
const STRANGER = { name: "stranger", password: "stranger-password", prefix: "/elsewhere/" };

/** The suite's fixture for etcd run in this way. */
export function etcdFixture({ variant, version, members, security }: EtcdVariant): LockFixture {
  const hasUsers = security === "user and password over TLS";
  const noUsers =
    security === "none"
      ? "this etcd asks for no credentials"
      : "a client without a certificate of this authority gets no connection";
  return {
    backend: "@tenure/lock-etcd",
    variant,
    capabilities: {
      fencing: "monotonic-unless-data-loss",
      watch: "resumable",
      granularityMs: 1,
      durability: members === 1 ? "single-node" : "replicated",
    },
    hooks: {
      servers: true,
      corrupt: true,
      annotate: true,
      restart: true,
      compact: true,
      candidate: true,
      "unknown-credentials": hasUsers ? true : noUsers,
      "forbidden-credentials": hasUsers ? true : noUsers,
    },
    async setup() {
      const servers = await startEtcdServers({
        version,
        members,
        tls: security !== "none",
        clientCertificates: security === "client certificates",
      });
      try {
        if (hasUsers) {
          for (const user of [USER, STRANGER]) await servers.addUser(user);
          await servers.enableAuth("root-password");
        }
        return environment(servers, { members, security });
      } catch (error) {
        await servers[Symbol.asyncDispose]();
        throw error;
      }
    },
  };
}

function environment(
  servers: EtcdServers,
  { members, security }: Pick<EtcdVariant, "members" | "security">,
): Environment {
  const addresses = servers.members.map(({ port }) => ({ host: "127.0.0.1", port }));
  const hosts = (of: readonly Address[]) => of.map(({ host, port }) => `${host}:${port}`);
  const { tls } = servers;
  const options: CandidateOptions = {
    hosts: hosts(addresses),
    prefix: PREFIX,
    durability: members === 1 ? "single-node" : "replicated",
    tls: tls && {
      ca: tls.ca,
      ...(security === "client certificates" && { key: tls.clientKey, cert: tls.clientCert }),
    },
    auth: security === "user and password over TLS" ? login(USER) : undefined,
  };
  const create: CreateLock = ({ name, route, credentials }) => {
    const auth =
      credentials === "unknown"
        ? { username: USER.name, password: "another-password" }
        : credentials === "forbidden"
          ? login(STRANGER)
          : options.auth;
    const routed = addresses.map((address) => route?.(address) ?? address);
    return createLock({ ...options, auth, hosts: hosts(routed) })({ name });
  };
  const key = (name: string): string => `${PREFIX}${name}`;
  const object = async (name: string) =>
    JSON.parse((await servers.get(key(name))) ?? "{}") as { note?: unknown };
  return {
    createLock: create,
    servers: addresses,
    versions: { etcd: servers.version, etcd3: ETCD3.version },
    stranger: {
      remove: async (name) =>
        void (await servers.call("kv/deleterange", { key: Buffer.from(key(name)).toString("base64") })),
      corrupt: (name) => servers.put(key(name), "no record"),
      annotate: async (name) =>
        servers.put(key(name), JSON.stringify({ ...(await object(name)), note: "of somebody else" })),
      isAnnotated: async (name) => (await object(name)).note === "of somebody else",
    },
    faults: {
      restart: async () => {
        await Promise.all(servers.members.map((member) => member.stop()));
        await Promise.all(servers.members.map((member) => member.start()));
      },
      compact: async () => void (await servers.compact()),
    },
    candidate: { module: new URL("./candidate.fixture.ts", import.meta.url).href, options },
    teardown: async () => await servers[Symbol.asyncDispose](),
  };
}

function login({ name, password }: typeof USER): { username: string; password: string } {
  return { username: name, password };
}
