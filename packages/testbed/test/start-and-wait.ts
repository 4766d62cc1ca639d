/** Starts a testbed and a client-go participant, says where, and waits to be killed. Run by interruption.test.ts. */
import { startTestbed } from "../src/index.ts";

const testbed = await startTestbed();
const kubeconfigPath = testbed.adminKubeconfigPath;
const participant =
  testbed.clientGoPath === undefined
    ? undefined
    : testbed.startClientGo({ kubeconfigPath, namespace: "default", lease: "interrupted", identity: "a" });
await participant?.waitFor("started");
if (process.argv.includes("--paused")) await testbed.apiserver.pause();
process.stdout.write(`${JSON.stringify({ dataDir: testbed.description.dataDir })}\n`);
setInterval(() => {}, 60_000);
