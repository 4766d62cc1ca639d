/**
 * Whether tests that need the real servers must run: then it is a failure that they cannot, and else they are skipped.
 * True when `CI` is set, to anything but `false`, and when `TENURE_REQUIRE_SERVERS` is `1`.
 */
export function areServersRequired(env: NodeJS.ProcessEnv): boolean {
  const { CI, TENURE_REQUIRE_SERVERS } = env;
  return TENURE_REQUIRE_SERVERS === "1" || (CI !== undefined && CI !== "" && CI !== "false");
}
