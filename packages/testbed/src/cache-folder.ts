import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { withBuildLock } from "./build-lock.ts";
import { builderName, isBuilderGone } from "./builder-name.ts";

/** The folder above all versions: removing it clears the cache. */
export function cacheRoot(): string {
  const base = process.env["XDG_CACHE_HOME"];
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "tenure-testbed");
}

/** A folder of the cache that is there as a whole, or not at all. */
export interface CacheFolder {
  /** Its path, directly below {@link cacheRoot}. */
  readonly folder: string;
  /** Whether it has everything; a folder with less is damaged, and replaced. */
  readonly isFull: () => boolean;
  /** Takes lines about waiting for another process. */
  readonly say: (line: string) => void;
}

/**
 * Has `fill` write into a folder of another name that it makes itself, and gives that its name in one step; does
 * nothing when the folder is full. Of several processes one fills and the others wait for it.
 */
export async function fillCacheFolder(
  target: CacheFolder,
  fill: (unfinished: string) => Promise<void>,
): Promise<void> {
  mkdirSync(cacheRoot(), { recursive: true });
  await withBuildLock(`${target.folder}.lock`, target.say, async () => {
    if (target.isFull()) return;
    removeAbandonedBuilds();
    const unfinished = `${target.folder}.building-${builderName()}`;
    try {
      await fill(unfinished);
      publish(unfinished, target);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  });
}

/** Puts a finished build into its place in one step, so that nobody sees a half of it. */
function publish(unfinished: string, { folder, isFull }: CacheFolder): void {
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    if (isFull()) return; // another builder was faster: theirs is as good as ours
    rmSync(folder, { recursive: true, force: true }); // damaged: kept until now, when its replacement is ready
    renameSync(unfinished, folder);
  }
}

/** What builds left that were killed, of any version. */
function removeAbandonedBuilds(): void {
  for (const name of readdirSync(cacheRoot())) {
    const builder = /\.building-(.+)$/.exec(name)?.[1];
    const path = join(cacheRoot(), name);
    const writtenAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (builder === undefined || writtenAtMs === undefined) continue;
    if (isBuilderGone(builder, Date.now() - writtenAtMs)) rmSync(path, { recursive: true, force: true });
  }
}
