import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The Go module that pins, builds and holds everything that is not TypeScript here. */
export const GO_MODULE_DIR: string = fileURLToPath(new URL("../go/", import.meta.url));

/** Versions of what the testbed runs, without the leading "v". go.mod is the one place where they are written. */
export interface PinnedVersions {
  /** kube-apiserver and kubectl, e.g. `"1.36.3"`. */
  readonly kubernetes: string;
  /** e.g. `"3.6.8"`. */
  readonly etcd: string;
  /** e.g. `"0.36.3"`. */
  readonly clientGo: string;
}

/** Reads the versions that go.mod pins. */
export function pinnedVersions(): PinnedVersions {
  const goMod = `${GO_MODULE_DIR}go.mod`;
  return {
    kubernetes: pinnedIn(goMod, "k8s.io/kubernetes"),
    etcd: pinnedIn(goMod, "go.etcd.io/etcd/server/v3"),
    clientGo: pinnedIn(goMod, "k8s.io/client-go"),
  };
}

/** The version of a module that a go.mod requires, without the leading "v". */
export function pinnedIn(goModPath: string, module: string): string {
  const goMod = readFileSync(goModPath, "utf8");
  const found = new RegExp(`^(?:require )?\\s*${module.replaceAll(".", "\\.")} v(\\S+)`, "m").exec(
    goMod,
  )?.[1];
  if (found === undefined) throw new Error(`Expected ${goModPath} to require ${module}`);
  return found;
}

/** True when both have the same major and minor version: `1.36.1` will do where `1.36.3` is wanted. */
export function sameMinor(version: string, wanted: string): boolean {
  return minorOf(version) === minorOf(wanted);
}

/** `"1.36"` of `"1.36.3"`. */
export function minorOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}
