#!/usr/bin/env node
import { processIo } from "./io.ts";
import { main } from "./main.ts";

/** For what ends by itself, as it should. */
const PATIENCE_MS = 500;

// They are for who writes a program, and come from its libraries: stderr is for who runs it.
process.noDeprecation = true;
const io = processIo();
await main(process.argv.slice(2), io);
await Promise.all([process.stdout, process.stderr].map(written));
process.exitCode = process.exitCode ?? io.exitCode;
// The command has ended, and nothing may keep its user waiting: a kubeconfig's credential plugin that hangs would.
setTimeout(() => process.exit(), PATIENCE_MS).unref();

/** Settles when all that was written is, or cannot be: an exit would lose what a slow reader has not taken yet. */
async function written(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => stream.write("", () => resolve()));
}
