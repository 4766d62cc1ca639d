/** Writes a file for every signal that it hears. `leader` starts a `member` of its process group, which does the same. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const [name = "", folder = ""] = process.argv.slice(2);
for (const signal of ["SIGUSR1", "SIGUSR2", "SIGHUP", "SIGQUIT"] as const) {
  process.on(signal, () => writeFileSync(join(folder, `${name}.${signal}`), "heard"));
}
if (name === "leader")
  spawn(process.execPath, [import.meta.filename, "member", folder], { stdio: "inherit" });
writeFileSync(join(folder, `${name}.ready`), "ready");
setInterval(() => {}, 60_000);
