import { type IncomingMessage, request as requestHttp } from "node:http";
import { type RequestOptions, request as requestHttps } from "node:https";
import { type PeerCertificate, TLSSocket } from "node:tls";
import { NetworkError, networkError } from "./network-error.ts";

/** Beyond this, an answer is no Lease: etcd itself takes 1.5 MiB. */
export const MAX_BODY_BYTES: number = 4 * 1024 * 1024;

/**
 * One HTTP request, sent once. Knows the moment from which its bytes may have left: before that nothing can have been
 * written, after it nobody can tell until an answer is there.
 */
export class Exchange {
  /** The answer's status and headers. Rejects with {@link NetworkError}. */
  readonly response: Promise<IncomingMessage>;
  #sent = false;
  readonly #destroy: () => void;

  constructor(options: RequestOptions, body: string | undefined) {
    let certificate: PeerCertificate | undefined;
    const request = (options.protocol === "https:" ? requestHttps : requestHttp)(options);
    this.#destroy = () => request.destroy();
    this.response = new Promise((resolve, reject) => {
      request.once("response", (response) => {
        // An answer that nobody reads any more may still fail.
        response.on("error", () => {});
        resolve(response);
      });
      // Not `once`: destroying a request may give a second error, which must find a listener.
      request.on("error", (error) => reject(networkError(error, this.#sent ? undefined : certificate)));
      request.once("close", () => reject(new NetworkError("the connection was closed")));
    });
    // Whoever gave up waiting must not make this an unhandled rejection.
    this.response.catch(() => {});
    request.once("socket", (socket) => {
      const isTls = socket instanceof TLSSocket;
      // Through a proxy's tunnel the socket below is connected long before TLS stands.
      const isHandshaking = isTls && "secureConnecting" in socket && socket.secureConnecting === true;
      if (!socket.connecting && !isHandshaking) {
        this.#sent = true;
        return;
      }
      socket.once(isTls ? "secureConnect" : "connect", () => {
        this.#sent = true;
      });
      // "secure" comes before the certificate is judged: the last chance to see whose it is.
      if (isTls) {
        socket.prependOnceListener("secure", () => {
          certificate = socket.getPeerCertificate();
        });
      }
    });
    request.end(body);
  }

  /** Whether bytes of the request may have left this process. */
  get sent(): boolean {
    return this.#sent;
  }

  /** Ends it where it stands. Its connection is closed, and so never used again. */
  destroy(): void {
    this.#destroy();
  }
}

/**
 * The whole body, which gives the connection back to its pool.
 * @throws {@link NetworkError} when it is cut short or longer than {@link MAX_BODY_BYTES}.
 */
export async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Without an encoding set, chunks are buffers.
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      // Leaving the loop destroys the response and its connection.
      if (length > MAX_BODY_BYTES)
        throw new NetworkError(`the answer is longer than ${MAX_BODY_BYTES} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw networkError(error, undefined);
  }
  return Buffer.concat(chunks, length).toString("utf8");
}
