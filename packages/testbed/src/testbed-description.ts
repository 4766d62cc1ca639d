/** A running testbed as plain JSON: all that another process needs to use it. */
export interface TestbedDescription {
  /** e.g. `https://127.0.0.1:20443` */
  readonly apiserverUrl: string;
  /** Bearer token of a member of `system:masters`. */
  readonly adminToken: string;
  readonly adminKubeconfigPath: string;
  /** The CA of the serving certificate, PEM. */
  readonly ca: string;
  /** The same in a file, for NODE_EXTRA_CA_CERTS and the like. */
  readonly caPath: string;
  /** Folder of the testbed's data and logs (`kube-apiserver.log`, `etcd.log`); gone when it ends. */
  readonly dataDir: string;
  readonly kubectlPath: string;
  /** `undefined` where it was not built: only Go makes it. */
  readonly clientGoPath?: string | undefined;
  readonly versions: TestbedVersions;
  /** Where other processes ask for the apiserver to be stopped and started; served by the process that started it. */
  readonly control: ControlAddress;
}

/** The versions that run, as the servers themselves say, without a leading "v". */
export interface TestbedVersions {
  readonly kubeApiserver: string;
  readonly etcd: string;
  readonly kubectl: string;
  readonly clientGo?: string | undefined;
}

/** Address of the control endpoint. */
export interface ControlAddress {
  readonly url: string;
  readonly token: string;
}
