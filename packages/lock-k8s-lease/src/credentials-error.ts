/** No credentials were to be had. Its message holds none either. */
export class CredentialsError extends Error {}

/** What client-node says in full knowledge, without a word from a plugin or a file. */
const HARMLESS: readonly string[] = [
  "HTTP protocol is not allowed when skipTLSVerify is not set or false",
  "Unsupported proxy type",
  "No command was specified for exec authProvider!",
];

/**
 * The error to show in place of what a kubeconfig's credentials threw. That one may hold secrets (a plugin's stderr, the
 * output that was not JSON, its arguments), so only what is known to hold none is taken over: a system error's code, call
 * and path, and client-node's own fixed texts.
 */
export function describeCredentialsFailure(error: unknown): CredentialsError {
  if (error instanceof CredentialsError) return error;
  const { code, syscall, path, message } = error as Partial<NodeJS.ErrnoException>;
  if (typeof code === "string" && typeof syscall === "string") {
    return new CredentialsError([syscall, path, code].filter((part) => typeof part === "string").join(" "));
  }
  if (typeof message === "string" && HARMLESS.includes(message)) return new CredentialsError(message);
  return new CredentialsError(
    "the kubeconfig's own error is not shown, because it may hold secrets; try `kubectl auth whoami`",
  );
}
