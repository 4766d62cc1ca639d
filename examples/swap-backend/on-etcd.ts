import { EtcdLock } from "@tenure/lock-etcd";
import { runElection } from "./election.ts";

const etcd = { hosts: process.env["ETCD_ENDPOINTS"]?.split(",") ?? ["http://127.0.0.1:2379"] };
await runElection(new EtcdLock({ etcd, name: "example", prefix: "elections/" }));
