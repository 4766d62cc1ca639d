import { Command, InvalidArgumentError, Option } from "commander";
import { usageError } from "../failure.ts";
import { type Io, print, printJson } from "../io.ts";
import { parseLockUrl } from "../lock-url.ts";
import { manifests } from "../manifest/manifests.ts";

interface ManifestCommandOptions {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount?: string;
  readonly image?: string;
  readonly replicas: number;
  readonly leastPrivilege?: true;
  readonly json?: true;
}

/** `tenure manifest`: what to apply on Kubernetes before an election. Connects to nothing. */
export function manifestCommand(io: Io): Command {
  return new Command("manifest")
    .description(
      "Print ServiceAccount, Role and RoleBinding for an election, and with --image its Deployment.",
    )
    .usage("--name NAME --namespace NAMESPACE [options] [-- COMMAND [ARGUMENT...]]")
    .argument(
      "[command...]",
      "what the Deployment runs under `tenure run`; without it the image elects by itself",
    )
    .passThroughOptions()
    .requiredOption("--name <name>", "of the Lease, and of what is made for it")
    .requiredOption("--namespace <namespace>", "where it is")
    .option("--service-account <name>", "made, and bound to the Role (default: the Lease's name)")
    .option("--image <image>", "of the Deployment; it has `tenure` in its PATH where there is a COMMAND")
    .addOption(new Option("--replicas <n>", "of the Deployment").argParser(parseReplicas).default(3))
    .option("--least-privilege", "make the Lease here, so that no right to create one is needed")
    .option("--json", "a JSON List, which kubectl takes, too")
    .addHelpText(
      "after",
      `
Examples:
  tenure manifest --name scheduler --namespace jobs | kubectl apply -f -
  tenure manifest --name worker --namespace jobs --image worker:1 -- python3 worker.py

Exit codes: 0 printed, 2 wrong command line.`,
    )
    .action(async (words: readonly string[], options: ManifestCommandOptions) => {
      // The API server's own rules for both names.
      const { name, namespace } = parseLease(options);
      const serviceAccount = options.serviceAccount ?? name;
      parseLease({ name: serviceAccount, namespace }, "--service-account");
      if (options.image === undefined && words.length > 0) {
        throw usageError("Expected --image beside a command: it belongs to the Deployment");
      }
      const objects = manifests({
        name,
        namespace,
        serviceAccount,
        leastPrivilege: options.leastPrivilege ?? false,
        deployment:
          options.image === undefined
            ? undefined
            : { image: options.image, replicas: options.replicas, command: words },
      });
      if (options.json) {
        printJson(io, { apiVersion: "v1", kind: "List", items: objects });
        return;
      }
      const { stringify } = await import("yaml");
      print(
        io,
        objects
          .map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd())
          .join("\n---\n"),
      );
    });
}

function parseLease(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  option = "--name",
): { readonly name: string; readonly namespace: string } {
  for (const [flag, value] of [
    [option, name],
    ["--namespace", namespace],
  ]) {
    if (!/^[a-z0-9.-]+$/.test(value ?? "")) {
      throw usageError(`Expected ${flag} of a-z, 0-9, '-' and '.', got ${JSON.stringify(value)}`);
    }
  }
  const url = parseLockUrl(`k8s://${namespace}/${name}`);
  if (url.kind !== "k8s") throw new Error("Expected a k8s:// URL to be one");
  return url;
}

function parseReplicas(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError("Expected a number from 1 on.");
  return Number(text);
}
