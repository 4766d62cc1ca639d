import type { CreateLock } from "@tenure/conformance";
import { Cluster } from "ioredis";
import { RedisLock } from "../src/index.ts";

/** Servers and how to get in, as JSON can carry it to a process of its own. */
export interface LockSpec {
  readonly kind: "standalone" | "sentinel" | "cluster";
  /** Of the servers, the Sentinels, or the nodes to begin with. */
  readonly ports: readonly number[];
  /** With TLS: the certificate of the authority, PEM. */
  readonly ca?: string | undefined;
}

const HOST = "127.0.0.1";

/** What Sentinels call the primary. */
const GROUP = "tenure";

/** Users of the servers that the suite starts; the passwords are canaries, too. */
const USERS = {
  tenure: "canary-pw-1",
  /** May read and listen, and not write. */
  reader: "canary-pw-2",
} as const;

/** What the README asks for, for all records; without quotes, as words of a command line. */
const LEAST = "-@all +eval +evalsha +hgetall +hset +time +publish +subscribe";
const READING = "-@all +eval +evalsha +hgetall +time +subscribe";

/** Server arguments that make the {@link USERS}. */
export const userArguments: readonly string[] = [
  `--user tenure on >${USERS.tenure} resetkeys ~lease:* resetchannels &lease:* ${LEAST}`,
  `--user reader on >${USERS.reader} resetkeys ~lease:* resetchannels &lease:* ${READING}`,
].flatMap((line) => line.split(" "));

/** Makes locks on the servers of a {@link LockSpec}. */
export function lockMaker(spec: LockSpec): CreateLock {
  return ({ name, route = (server) => server, credentials }) => {
    const to = (port: number) => route({ host: HOST, port });
    const natMap = (key: string) => to(Number(key.slice(key.lastIndexOf(":") + 1)));
    const access = {
      ...accessAs(credentials),
      ...(spec.ca !== undefined && { tls: { ca: spec.ca } }),
    };
    switch (spec.kind) {
      case "standalone":
        return new RedisLock({ name, redis: { ...access, ...to(spec.ports[0] ?? 0) } });
      case "sentinel":
        return new RedisLock({
          name,
          // A function is taken by ioredis 5 and 6, but declared by neither for Sentinels alone.
          redis: { ...access, sentinels: spec.ports.map(to), name: GROUP, natMap },
        });
      case "cluster":
        return new RedisLock({
          name,
          redis: new Cluster(spec.ports.map(to), { lazyConnect: true, redisOptions: access, natMap }),
        });
    }
  };
}

function accessAs(credentials: "unknown" | "forbidden" | undefined) {
  if (credentials === "unknown") return { username: "tenure", password: "canary-wrong" };
  const username = credentials === "forbidden" ? "reader" : "tenure";
  return { username, password: USERS[username] };
}
