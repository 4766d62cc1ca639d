/**
 * The command line for whoever has Node and the repository, and no pnpm: as texts for people say it, with a subcommand
 * after it.
 */
export const TESTBED_COMMAND = "npx -y pnpm@12.21.0 testbed";
