/** `pnpm conformance:docs [FOLDER]`: writes docs/conformance.md from the reports in `.conformance`, or in FOLDER. */
import { glob, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ConformanceReport, isComplete, reportFileName } from "@tenure/conformance";
import { conformancePage } from "./conformance-page.ts";

const folder = process.argv[2] ?? fileURLToPath(new URL("../.conformance/", import.meta.url));
const reports: ConformanceReport[] = [];
for await (const name of glob("*.json", { cwd: folder })) {
  reports.push(JSON.parse(await readFile(join(folder, name), "utf8")) as ConformanceReport); // written by the suite
}
if (reports.length === 0) {
  throw new Error(`Expected reports in ${folder}: run the tests of the backends first`);
}
const partial = reports.find((report) => !isComplete(report));
if (partial !== undefined) {
  throw new Error(
    `Expected reports of whole runs, ${reportFileName(partial)} is of a filtered or broken one`,
  );
}
await writeFile(new URL("../docs/conformance.md", import.meta.url), conformancePage(reports));
console.log(`docs/conformance.md shows ${reports.length} reports`);
