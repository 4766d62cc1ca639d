import type { ElectionAccess, Manifest } from "./rbac.ts";

/** The Deployment to write. */
export interface DeploymentOptions extends ElectionAccess {
  readonly image: string;
  readonly replicas: number;
  /** Run under `tenure run`; empty when the image does its own election. */
  readonly command: readonly string[];
}

const HEALTH_PORT = 8080;

/** The replicas of one election. With a command, `tenure run` of the image leads it and answers the probes. */
export function deployment(options: DeploymentOptions): Manifest {
  const { name, namespace, serviceAccount, replicas } = options;
  const labels = { app: labelValue(name) };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    // Its pods are named after it, and a host name has no dots.
    metadata: { name: dotless(name), namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: serviceAccount,
          // Longer than --drain-timeout and a few requests: the lock is given back before the pod is killed.
          terminationGracePeriodSeconds: 30,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [container(options)],
        },
      },
    },
  };
}

function container({ name, namespace, image, command }: DeploymentOptions): object {
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
  const common = { name: labelValue(dotless(name)), image };
  if (command.length === 0) {
    return {
      ...common,
      env: [
        { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        { name: "LEASE_NAME", value: name },
        { name: "LEASE_NAMESPACE", value: namespace },
      ],
      securityContext,
    };
  }
  const probe = (path: string): object => ({ httpGet: { path, port: "health" } });
  return {
    ...common,
    command: ["tenure", "run"],
    args: [
      `--lock=k8s://${namespace}/${name}`,
      // A command that ends campaigns again: a container that ends is started again later and later.
      "--restart",
      `--health-port=${HEALTH_PORT}`,
      "--health-host=0.0.0.0",
      "--",
      ...command,
    ],
    ports: [{ name: "health", containerPort: HEALTH_PORT }],
    livenessProbe: probe("/healthz"),
    readinessProbe: probe("/readyz"),
    securityContext,
  };
}

/** A Lease's name may be longer than a label's value, and have dots where a container's has none. */
function labelValue(name: string): string {
  return name.slice(0, 63).replace(/[^a-z0-9]+$/, "");
}

function dotless(name: string): string {
  return name.replaceAll(".", "-");
}
