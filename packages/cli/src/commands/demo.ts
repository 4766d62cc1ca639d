import { Command } from "commander";
import { addDemoOptions, type DemoOptions } from "../demo/demo-options.ts";
import { printSummaryJson } from "../demo/json-lines.ts";
import { runDemo } from "../demo/run-demo.ts";
import { DEFAULT_SCRIPT } from "../demo/script.ts";
import { summaryText } from "../demo/summary-text.ts";
import { EXIT } from "../exit-codes.ts";
import { type Io, print } from "../io.ts";

/** `tenure demo`: an election of several processes to watch and to break. */
export function demoCommand(io: Io): Command {
  const command = new Command("demo")
    .description(
      "Watch an election and break it: three replicas as processes, a lease server in this one, and keys to kill, freeze, cut off or stop them. Without a terminal a script does that to the leader.",
    )
    .addHelpText(
      "after",
      `
Steps of a script, each done to the leader: kill (SIGKILL), freeze (SIGSTOP until another leads), cut (off from the store),
heal (what was cut off), stop (as asked to). Without a terminal: --script "${DEFAULT_SCRIPT.join(", ")}".
Exit codes: 0 all was shown and no two tasks ran at once, 1 not.`,
    );
  return addDemoOptions(command).action(async (options: DemoOptions) => {
    const summary = await runDemo(options, io);
    if (options.json) printSummaryJson(io, summary);
    else for (const line of summaryText(summary)) print(io, line);
    io.exitCode = summary.failure === undefined && summary.overlaps.length === 0 ? EXIT.ok : EXIT.no;
  });
}
