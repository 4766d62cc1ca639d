import { Agent, request } from "node:http";

/** A Lease as it is answered. */
export interface AnsweredLease {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
  readonly spec: { readonly leaseTransitions?: number };
}

/** What a client knows of one Lease that nobody else writes. */
export interface Known {
  /** The last state that was acknowledged; `undefined` once a deletion was, or before the first creation. */
  readonly acknowledged: AnsweredLease | undefined;
  /** What was under way when the connection broke: it may have been done or not. */
  readonly pending:
    | { readonly kind: "put"; readonly transitions: number }
    | { readonly kind: "delete" }
    | undefined;
  /** Resource versions that were answered, oldest first. */
  readonly versions: readonly bigint[];
}

const LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

/**
 * Creates a Lease, updates it nine times, deletes it, and begins again, until the connection breaks. Begins with what there is.
 * @throws Error when an answer is none that this order allows: a write of somebody else, or one that was lost.
 */
export async function writeUntilBroken(
  url: string,
  name: string,
  found: AnsweredLease | undefined,
  onAcknowledged: () => void = () => {},
): Promise<Known> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const versions: bigint[] = [];
  let acknowledged = found;
  let pending: Known["pending"];
  try {
    for (;;) {
      const transitions: number = (acknowledged?.spec.leaseTransitions ?? 0) + 1;
      if (acknowledged !== undefined && transitions % 10 === 0) {
        pending = { kind: "delete" };
        await call(agent, "DELETE", `${url}${LEASES}/${name}`, undefined, 200);
        acknowledged = undefined;
      } else {
        pending = { kind: "put", transitions };
        acknowledged = await put(agent, url, name, acknowledged, transitions);
        versions.push(BigInt(acknowledged.metadata.resourceVersion));
      }
      pending = undefined;
      onAcknowledged();
    }
  } catch (error) {
    if (!isBroken(error)) throw error;
    return { acknowledged, pending, versions };
  } finally {
    agent.destroy();
  }
}

/** What is there. */
export interface FoundLeases {
  /** Of the list. */
  readonly revision: bigint;
  readonly leases: ReadonlyMap<string, AnsweredLease>;
}

/** All Leases by name. */
export async function listLeases(url: string): Promise<FoundLeases> {
  const agent = new Agent();
  const list = (await call(agent, "GET", `${url}${LEASES}`, undefined, 200)) as {
    readonly metadata: { readonly resourceVersion: string };
    readonly items: readonly AnsweredLease[];
  };
  agent.destroy();
  return {
    revision: BigInt(list.metadata.resourceVersion),
    leases: new Map(list.items.map((lease) => [lease.metadata.name, lease])),
  };
}

async function put(
  agent: Agent,
  url: string,
  name: string,
  live: AnsweredLease | undefined,
  leaseTransitions: number,
): Promise<AnsweredLease> {
  const metadata = live === undefined ? { name } : live.metadata;
  const spec = { holderIdentity: "writer", leaseDurationSeconds: 15, leaseTransitions };
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec };
  const answer =
    live === undefined
      ? await call(agent, "POST", `${url}${LEASES}`, lease, 201)
      : await call(agent, "PUT", `${url}${LEASES}/${name}`, lease, 200);
  return answer as AnsweredLease; // a Lease is what these are answered with
}

function call(
  agent: Agent,
  method: string,
  url: string,
  body: object | undefined,
  expected: number,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { agent, method, headers: { "Content-Type": "application/json" } },
      (incoming) => {
        let text = "";
        incoming.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        // A broken answer is an error of its own, and no end.
        incoming.once("error", reject).once("end", () => {
          if (incoming.statusCode === expected) resolve(JSON.parse(text));
          else
            reject(
              new Error(
                `Expected ${method} ${url} to answer ${expected}, got ${incoming.statusCode}: ${text}`,
              ),
            );
        });
      },
    );
    outgoing.once("error", reject).end(body && JSON.stringify(body));
  });
}

function isBroken(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    ["ECONNRESET", "ECONNREFUSED", "EPIPE"].includes(String(error.code))
  );
}
