export type { RedisClient, RedisLockOptions } from "./redis-lock.ts";
export { RedisLock } from "./redis-lock.ts";
