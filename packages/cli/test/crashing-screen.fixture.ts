import { TerminalScreen } from "../src/demo/terminal-screen.ts";
import { processIo } from "../src/io.ts";

new TerminalScreen(processIo());
process.stdout.write("the picture");
setTimeout(() => {
  throw new Error("crashed as it was told to");
}, 500);
