import { spawnSync } from "node:child_process";

/** Arguments of `unshare` that make what follows process 1, as a container does; it all ends with `unshare`. */
export const UNSHARE: readonly string[] = [
  ...["--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"],
];

/** Whether this machine allows it: not macOS, and not every Linux lets every user. */
export const canUnshare: boolean = spawnSync("unshare", [...UNSHARE, "true"]).status === 0;
