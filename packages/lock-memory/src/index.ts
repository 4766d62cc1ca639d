export type { MemoryLockOptions } from "./memory-lock.ts";
export { MemoryLock } from "./memory-lock.ts";
