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

it("completes commands and options for a shell", async () => {
  const script = await tenure(["completion", "bash"]);
  expect(script).toMatchObject({
    exit: 0,
    stderr: "",
    stdout: expect.stringContaining("tenure complete -- "),
  });
  const commands = await tenure(["complete", "--", "st"]);
  expect(commands.stdout).toMatch(/^status\t.*\nstep-down\t.*\n:4\n$/);
  const options = await tenure(["complete", "--", "check", "--lease"]);
  expect(options.stdout).toMatch(/^--lease-duration\t/);
  await expectFailure(["completion", "tcsh"], { exit: 2, says: /'tcsh' is invalid .* zsh, bash, fish/ });
});
