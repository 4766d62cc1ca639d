import { isIPv6 } from "node:net";
import type { Access } from "./access/access.ts";
import { openAccess } from "./access/open-access.ts";
import { type AccessToken, tokenAccess } from "./access/token-access.ts";
import { type AdjustableFaults, createFaults } from "./faults/create-faults.ts";
import type { FaultSettings } from "./faults/fault-rule.ts";
import { ApiServer, type ServedRequest } from "./http/api-server.ts";
import { listenError } from "./http/listen-error.ts";
import { BUILT_IN_NAMESPACES, NamespacePolicy, newNamespace } from "./http/namespace-api.ts";
import { openJournal } from "./journal/open-journal.ts";
import {
  kubeConfigObject,
  kubeconfigText,
  type LeaseServerKubeConfig,
  type ServerAddress,
} from "./kubeconfig.ts";
import type { Change } from "./store/batch.ts";
import { ObjectStore } from "./store/object-store.ts";
import { revisionNow } from "./store/revision.ts";
import { selfSignedTls } from "./tls/self-signed-tls.ts";
import { checkTls, type TlsMaterial } from "./tls/tls-material.ts";

/** Options of {@link startLeaseServer}. */
export interface LeaseServerOptions {
  /** TCP port, 0 to 65535. @defaultValue 0: a free one */
  readonly port?: number | undefined;
  /** Where to listen. Whoever reaches it can do everything, unless there are `tokens`. @defaultValue `"127.0.0.1"` */
  readonly host?: string | undefined;
  /** HTTPS: with a certificate of its own making, or with this one (PEM). @defaultValue `false`: HTTP */
  readonly tls?:
    | boolean
    | { readonly cert: string; readonly key: string; readonly ca?: string | undefined }
    | undefined;
  /** Who may do what. @defaultValue everybody may do everything */
  readonly tokens?: readonly AccessToken[] | undefined;
  /**
   * Keeps Leases in this file (or in `leases.journal` in this folder), synced to disk before a write is answered.
   * @defaultValue none: they go with the process, and resource versions begin at its wall clock in microseconds
   */
  readonly journalFile?: string | undefined;
  /** Refuses writes into namespaces that are not there, as the real server does. @defaultValue `false`: they are made */
  readonly strictNamespaces?: boolean | undefined;
  /** How many changes a watch can go back before it is told 410, at least 1. @defaultValue 10000 */
  readonly historyLimit?: number | undefined;
  /** Chaos from the first request on. @defaultValue none, until somebody sets them at `/-/faults` or by {@link LeaseServer.faults} */
  readonly faults?: FaultSettings | undefined;
  /** Told of every request when it has ended. */
  readonly onRequest?: ((request: ServedRequest) => void) | undefined;
}

/** A server that runs. */
export interface LeaseServer extends AsyncDisposable {
  /** `"http://127.0.0.1:40613"` */
  readonly url: string;
  readonly port: number;
  /** PEM of what clients are to trust; `undefined` without TLS. */
  readonly ca: string | undefined;
  /** For `new LeaseClient({ kubeConfig })`; with the first token where there are tokens. */
  readonly kubeConfig: LeaseServerKubeConfig;
  /** The same with another token. */
  kubeConfigFor(token: string): LeaseServerKubeConfig;
  /** A kubeconfig file, for kubectl and client-go; with the first token where there are tokens and none is given. */
  kubeconfigText(token?: string): string;
  /** Chaos, as `POST /-/faults` sets it. */
  readonly faults: AdjustableFaults;
  /** Forgets the changes up to now: watches and lists of an older version are told 410. */
  compact(): void;
  /** Ends watches and connections, and closes the journal. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts a Lease API: resolves when it answers.
 *
 * @throws `TypeError` or `RangeError` when an option is wrong, `JournalError` when the journal cannot be had, and when the port cannot
 * be had an error that says so, with Node's `code`: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, …
 */
export async function startLeaseServer(options: LeaseServerOptions = {}): Promise<LeaseServer> {
  const { port = 0, host = "127.0.0.1", tokens, historyLimit = 10_000 } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`Expected \`port\` from 0 to 65535, got ${port}`);
  }
  if (!Number.isSafeInteger(historyLimit) || historyLimit < 1) {
    throw new RangeError(`Expected \`historyLimit\` as a positive integer, got ${historyLimit}`);
  }
  const faults = createFaults();
  if (options.faults !== undefined) faults.set(options.faults);
  const access: Access = tokens === undefined ? openAccess() : tokenAccess({ tokens });
  const tls = await tlsMaterial(options.tls, host);
  const opened = options.journalFile === undefined ? undefined : await openJournal(options.journalFile);
  const store = new ObjectStore({
    journal: opened?.journal,
    contents: opened?.contents,
    firstRevision: revisionNow(Date.now()),
    historyLimit,
  });
  const server = new ApiServer({
    store,
    access,
    faults,
    tls,
    namespaces: new NamespacePolicy({ strict: options.strictNamespaces ?? false }),
    now: Date.now,
    onRequest: options.onRequest,
  });
  try {
    await makeBuiltInNamespaces(store);
    const actualPort = await server.listen(port, host).catch((error: unknown) => {
      throw listenError(error, port, host);
    });
    const url = urlOf(tls === undefined ? "http" : "https", host, actualPort);
    const address: ServerAddress = { url, ca: tls?.ca, namespace: "default" };
    const firstToken = tokens?.[0]?.token;
    const close = async (): Promise<void> => {
      await server.close();
      await opened?.journal.close();
    };
    return {
      url,
      port: actualPort,
      ca: tls?.ca,
      kubeConfig: kubeConfigObject(address, firstToken),
      kubeConfigFor: (token) => kubeConfigObject(address, token),
      kubeconfigText: (token = firstToken) => kubeconfigText(address, token),
      faults,
      compact: () => store.compact(),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await opened?.journal.close();
    throw error;
  }
}

/** Where clients of this machine reach it: not all of them take the address that stands for every address. */
function urlOf(scheme: string, host: string, port: number): string {
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `${scheme}://${isIPv6(reached) ? `[${reached}]` : reached}:${port}`;
}

async function tlsMaterial(tls: LeaseServerOptions["tls"], host: string): Promise<TlsMaterial | undefined> {
  if (tls === undefined || tls === false) return undefined;
  return tls === true ? await selfSignedTls([host]) : checkTls(tls);
}

async function makeBuiltInNamespaces(store: ObjectStore): Promise<void> {
  await store.write((view) => {
    const missing = BUILT_IN_NAMESPACES.filter((name) => view.get({ kind: "Namespace", name }) === undefined);
    const changes = missing.map(
      (name): Change => ({ kind: "put", object: newNamespace({ name }, Date.now()) }),
    );
    return { changes, answer: () => undefined };
  });
}
