import { LeaseLock } from "@tenure/lock-k8s-lease";
import { runElection } from "./election.ts";

await runElection(await LeaseLock.fromDefault({ name: "example" }));
