import type { Readable } from "node:stream";

/** Calls `onLine` for every line that ends with a line feed. node:readline would split at U+2028 as well, which JSON may hold. */
export function onLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
}
