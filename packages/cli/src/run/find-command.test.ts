import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findCommand } from "./find-command.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tenure-find-"));
  writeFileSync(join(folder, "plain.txt"), "no program");
  writeFileSync(join(folder, "program"), "#!/bin/sh\n");
  chmodSync(join(folder, "program"), 0o755);
  mkdirSync(join(folder, "a-folder"));
});

afterAll(() => rmSync(folder, { recursive: true }));

it("finds a command along the path, past folders that do not have it", () => {
  expect(findCommand("program", `/nowhere:${folder}`)).toEqual({
    found: true,
    path: join(folder, "program"),
  });
  expect(findCommand(join(folder, "program"), undefined)).toMatchObject({ found: true });
});

it("tells a command that is not there from one that cannot be executed", () => {
  expect(findCommand("programme", folder)).toEqual({
    found: false,
    exitCode: 127,
    why: "Command not found: programme",
  });
  expect(findCommand(join(folder, "none"), folder)).toMatchObject({ found: false, exitCode: 127 });
  expect(findCommand("plain.txt", folder)).toMatchObject({ found: false, exitCode: 126 });
  expect(findCommand("a-folder", folder)).toMatchObject({ found: false, exitCode: 126 });
  expect(findCommand("", folder)).toMatchObject({ found: false, exitCode: 127 });
});
