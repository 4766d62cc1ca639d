import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Executable } from "./find-servers.ts";
import { assertVersion, type PickPort, startOnFreePort, waitUntilReady } from "./server-process.ts";
import type { Supervisor } from "./start-supervisor.ts";

interface MemberList {
  readonly members: readonly { readonly name: string }[];
}

/** Starts etcd on free loopback ports and returns its client URL, once it serves and says that it is `version`. */
export async function startEtcd(
  supervisor: Supervisor,
  { path, version }: Executable,
  pickPort: PickPort,
): Promise<string> {
  // Tells ours from another testbed's etcd that was quicker to take the port.
  const name = randomUUID();
  return await startOnFreePort(supervisor, "etcd", pickPort, async (port) => {
    const url = `http://127.0.0.1:${port}`;
    const peerUrl = `http://127.0.0.1:${await pickPort()}`;
    const args = [
      `--name=${name}`,
      `--data-dir=${join(supervisor.dataDir, "etcd")}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=${name}=${peerUrl}`,
      "--unsafe-no-fsync",
    ];
    await supervisor.start({ name: "etcd", path, args });
    await waitUntilReady(supervisor, "etcd", async () => {
      // Answered by a quorum, so it serves writes too.
      const signal = AbortSignal.timeout(2_000);
      const answer = await fetch(`${url}/v3/cluster/member/list`, { method: "POST", body: "{}", signal });
      const { members } = (await answer.json()) as MemberList;
      return members[0]?.name === name;
    });
    const { etcdserver } = (await (await fetch(`${url}/version`)).json()) as { readonly etcdserver: string };
    assertVersion("etcd", etcdserver, version);
    return url;
  });
}
