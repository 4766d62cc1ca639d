import { expect, it } from "vitest";
import { expectFailure, RunningTenure, tenure } from "./tenure.fixture.ts";

it("runs as a program: output, exit codes, and an end by itself", async () => {
  const version = await tenure(["--version"]);
  expect(version).toMatchObject({ exit: 0, stderr: "" });
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  await expectFailure(["status", "zk://h/app"], { exit: 2, says: /Unknown scheme zk:/ });
  await expectFailure(["statsu"], { exit: 2, says: /Did you mean status/ });
});

it("ends quietly when nobody reads its output any more", async () => {
  await using server = new RunningTenure(["lease-server", "--port", "0", "--json", "--log"]);
  await server.waitForStdout(1);
  server.process.stdout?.destroy();
  const [{ url } = { url: "" }] = server.documents<{ readonly url: string }>();
  // Its line about this request goes nowhere.
  await fetch(`${url}/version`);
  expect(await server.ended).toMatchObject({ exit: 0, stderr: "" });
});
