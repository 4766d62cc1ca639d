import { type Supervisor, startSupervisor } from "./start-supervisor.ts";

/**
 * Starts servers below a supervisor of their own. Disposing of what comes back kills them and removes their data; so does
 * the supervisor when this process ends without that, for whatever reason, and when `start` fails.
 */
export async function startOwned<T extends object>(
  start: (supervisor: Supervisor) => Promise<T>,
): Promise<T & AsyncDisposable> {
  const supervisor = await startSupervisor();
  try {
    return Object.assign(await start(supervisor), { [Symbol.asyncDispose]: () => supervisor.stop() });
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
}
