import { startLeaseServer } from "@tenure/lease-server";

/**
 * `node lease-server.fixture.ts '{"journalFile":…}'`: a server in a process of its own. Prints its URL, or why there is none; ends with its stdin, so
 * that it never outlives a test.
 */
process.stdin.once("end", () => process.exit(0)).resume();
try {
  const server = await startLeaseServer(JSON.parse(process.argv[2] ?? "{}"));
  console.log(server.url);
} catch (error) {
  console.log(String(error));
  process.exit(1);
}
