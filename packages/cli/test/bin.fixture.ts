import { fileURLToPath } from "node:url";

/** The command's program. */
export const BIN: string = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

/** The environment without what is meant for these tests, or for a `tenure` of who runs them. */
export const SHELL_ENV: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("TENURE_")),
);
