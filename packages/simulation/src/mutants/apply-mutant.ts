import { registerHooks } from "node:module";
import type { Mutant } from "./mutants.ts";

/**
 * Puts a bug into one source file of `core` while it is loaded; nothing on disk changes. Call it before `core` is imported.
 * @throws RangeError when what it searches for is not there exactly once, as soon as the file is loaded.
 */
export function applyMutant({ number, file, search, replace }: Mutant): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(`/core/src/${file}`)) return loaded;
      return {
        ...loaded,
        source: mutate(String(loaded.source), search, replace, `mutant ${number}, ${file}`),
      };
    },
  });
}

/** @throws RangeError unless `search` occurs exactly once in `source`. */
export function mutate(source: string, search: string, replace: string, name: string): string {
  const found = source.split(search).length - 1;
  if (found !== 1)
    throw new RangeError(`Expected the text that ${name} replaces exactly once, found it ${found} times`);
  return source.replace(search, () => replace);
}
