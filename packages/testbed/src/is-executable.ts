import { accessSync, constants } from "node:fs";

/** Whether this process may run what is at `path`. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // missing, or not ours to run: the same to a search
  }
}
