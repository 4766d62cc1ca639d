import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pinnedVersions } from "../versions.ts";

/** A `go` that builds in no time. */
export interface FakeGo {
  /** How many times it was told to build. */
  readonly buildCount: number;
}

/** What a {@link FakeGo} does. */
export interface FakeGoOptions {
  /** Shell commands that a build ends with, e.g. `"exit 1"`. `$2` is the folder it built into, with a slash. */
  readonly atEndOfBuild?: string | undefined;
}

/** Puts a program that only knows its version into `folder`, and returns its path. */
export function installProgram(folder: string, name: string, version: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\necho "${name} Version: v${version}"\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Puts all four programs into `folder`, in the wanted versions. */
export function installAllPrograms(folder: string): void {
  const { kubernetes, etcd, clientGo } = pinnedVersions();
  installProgram(folder, "kube-apiserver", kubernetes);
  installProgram(folder, "kubectl", kubernetes);
  installProgram(folder, "etcd", etcd);
  installProgram(folder, "client-go", clientGo);
}

/** Puts a `go` into `folder` that builds such programs; it needs `/bin` on PATH. */
export function installFakeGo(folder: string, { atEndOfBuild = "" }: FakeGoOptions = {}): FakeGo {
  const programs = join(folder, "what-go-builds");
  const builds = join(folder, "builds.log");
  installAllPrograms(programs);
  const path = join(folder, "go");
  writeFileSync(
    path,
    `#!/bin/sh
case "$1" in
  env) echo go99.0 ;;
  list) echo some/package ;;
  build)
    echo "$*" >> "${builds}"
    while [ "$1" != -o ]; do shift; done
    mkdir -p "$2" && cp "${programs}"/* "$2"
    ${atEndOfBuild}
    ;;
esac
`,
  );
  chmodSync(path, 0o755);
  return {
    get buildCount() {
      return existsSync(builds) ? readFileSync(builds, "utf8").trim().split("\n").length : 0;
    },
  };
}
