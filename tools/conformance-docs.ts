/**
 * `pnpm conformance:docs`: writes docs/conformance.md from the reports in `.conformance`. With `--check` it only says whether the
 * page is still true; versions of servers and clients aside, since a security update of one must not turn the check red. With
 * `--forget` it removes the reports.
 */
import { glob, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type ConformanceReport, isComplete, reportFileName } from "@tenure/conformance";
import { conformancePage, withoutVersions } from "./conformance-page.ts";

const { values } = parseArgs({
  options: { check: { type: "boolean", default: false }, forget: { type: "boolean", default: false } },
});
const FOLDER = fileURLToPath(new URL("../.conformance/", import.meta.url));
const PAGE = new URL("../docs/conformance.md", import.meta.url);

if (values.forget) await rm(FOLDER, { recursive: true, force: true });
else if (values.check) await check();
else await write();

async function write(): Promise<void> {
  const reports = await readReports();
  await writeFile(PAGE, conformancePage(reports));
  console.log(`docs/conformance.md shows ${reports.length} reports`);
}

async function check(): Promise<void> {
  const reports = await readReports();
  const isTrue = withoutVersions(await readFile(PAGE, "utf8")) === withoutVersions(conformancePage(reports));
  console.log(
    isTrue
      ? `docs/conformance.md is what ${reports.length} reports say`
      : `docs/conformance.md is not what ${reports.length} reports say: run \`npx -y pnpm@12.21.0 conformance:docs\``,
  );
  if (!isTrue) process.exitCode = 1;
}

async function readReports(): Promise<readonly ConformanceReport[]> {
  const reports: ConformanceReport[] = [];
  for await (const name of glob("*.json", { cwd: FOLDER })) {
    reports.push(JSON.parse(await readFile(join(FOLDER, name), "utf8")) as ConformanceReport); // written by the suite
  }
  if (reports.length === 0) {
    throw new Error("Expected reports in .conformance: run the tests of the backends first");
  }
  const partial = reports.find((report) => !isComplete(report));
  if (partial === undefined) return reports;
  throw new Error(
    `Expected reports of whole runs, ${reportFileName(partial)} is of a filtered or broken one`,
  );
}
