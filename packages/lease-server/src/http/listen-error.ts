/** What went wrong in `listen`, in words for whoever chose the port; with the `code` of Node's error, which is the cause. */
export function listenError(cause: unknown, port: number, host: string): Error {
  const { code = "", message = String(cause) } = cause as NodeJS.ErrnoException;
  const messages: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} of ${host} is in use`,
    EACCES: `Port ${port} of ${host} needs rights that this process does not have`,
    EADDRNOTAVAIL: `This machine has no address ${host} to listen on`,
    ENOTFOUND: `There is no host ${host} to listen on`,
  };
  const text = messages[code] ?? `Cannot listen on port ${port} of ${host}: ${message}`;
  return Object.assign(new Error(text, { cause }), { code });
}
