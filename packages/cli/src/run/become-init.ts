import { existsSync } from "node:fs";

const SHELL = "/bin/sh";

/**
 * Starts `"$@"`, passes signals on to it, reaps whatever else ends (every shell does while it waits), and exits as it does.
 * `wait` returns at a trapped signal, too; then the process still exists, if only as a zombie. The file descriptor keeps stdin,
 * which a shell takes away from what it starts in the background. A terminal sends INT and QUIT to the whole group by itself.
 */
export const INIT_SCRIPT = `
signals="TERM HUP USR1 USR2"
[ -t 0 ] || signals="$signals INT QUIT"
for signal in $signals; do trap "kill -$signal \\$pid 2>/dev/null" $signal; done
exec 3<&0
"$@" <&3 3<&- &
pid=$!
exec 3<&-
while :; do
  wait $pid
  code=$?
  kill -0 $pid 2>/dev/null || exit $code
done`;

/**
 * As process 1 of a container, makes this process a small shell that is a proper init, and starts `tenure` again under it. Node
 * never waits for processes that it did not start, so orphans that the kernel gives to process 1 would stay zombies for ever.
 *
 * Returns where that is not needed, or where there is no shell: then the image should bring an init (`tini`).
 */
export function becomeInit(): void {
  if (process.pid !== 1 || process.execve === undefined || !existsSync(SHELL)) return;
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(
    SHELL,
    [SHELL, "-c", INIT_SCRIPT, "tenure-init", ...again],
    process.env as Record<string, string>,
  );
}
