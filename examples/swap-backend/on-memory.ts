import { MemoryLock } from "@tenure/lock-memory";
import { runElection } from "./election.ts";

await runElection(new MemoryLock({ name: "example" }));
