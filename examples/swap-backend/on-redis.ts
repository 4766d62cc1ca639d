import { RedisLock } from "@tenure/lock-redis";
import { Redis } from "ioredis";
import { runElection } from "./election.ts";

const redis = new Redis(process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379", { lazyConnect: true });
await runElection(new RedisLock({ redis, name: "example" }));
