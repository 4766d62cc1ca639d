import { EXIT } from "../exit-codes.ts";
import { CliError, describeFailure } from "../failure.ts";
import type { HealthAddress } from "./health-address.ts";

/**
 * The address at which the record's holder listens: it says who it is, and only whom the record names is asked to step down.
 * @throws `CliError` that says what each address is instead
 */
export async function findHolder(
  addresses: readonly HealthAddress[],
  holder: string,
  timeoutMs: number,
): Promise<HealthAddress> {
  const found = await Promise.all(
    addresses.map(async (address) => {
      try {
        const { identity, isLeader } = await address.leader(timeoutMs);
        return { address, identity, isLeader, failure: undefined };
      } catch (error) {
        return { address, identity: undefined, isLeader: false, failure: describeFailure(error) };
      }
    }),
  );
  const its = found.find(({ identity }) => identity === holder);
  if (its?.isLeader) return its.address;
  if (its !== undefined) {
    throw new CliError(
      EXIT.no,
      `${holder} holds the record and says that it leads no more; see \`tenure watch\``,
    );
  }
  const seen = found.map(
    ({ address, identity, failure }) => failure?.line ?? `${address.url} is ${identity}`,
  );
  const noneReached = found.every(({ failure }) => failure?.exitCode === EXIT.unreachable);
  throw new CliError(
    noneReached ? EXIT.unreachable : EXIT.no,
    `The holder, ${holder}, is at none of these addresses: ${seen.join("; ")}`,
  );
}
