#!/usr/bin/env node
import { processIo } from "./io.ts";
import { main } from "./main.ts";

// They are for who writes a program, and come from its libraries: stderr is for who runs it.
process.noDeprecation = true;
const io = processIo();
await main(process.argv.slice(2), io);
// Not `process.exit()`: what was written to a pipe would be lost.
process.exitCode = process.exitCode ?? io.exitCode;
