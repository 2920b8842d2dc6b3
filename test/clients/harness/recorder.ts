/**
 * A TCP proxy in front of a broker that writes down which APIs, in which versions, its clients use. It looks at the first
 * eight bytes of each request (size, api key, api version) and passes everything on untouched, so it works in front of any broker;
 * that broker has to advertise the proxy's address as its own.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** api key → version → requests */
export type Usage = Map<number, Map<number, number>>;

export interface Recorder {
  readonly port: number;
  readonly usage: Usage;
  /** Where requests go from now on. */
  aim(port: number): void;
  close(): Promise<void>;
}

const headBytes = 8;

/** Follows one connection's requests, however the stream is cut into chunks. */
export const requestReader = (onRequest: (key: number, version: number) => void): ((chunk: Buffer) => void) => {
  const head = Buffer.alloc(headBytes);
  let have = 0;
  let skip = 0;
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (skip > 0) {
        const step = Math.min(skip, chunk.length - at);
        skip -= step;
        at += step;
        continue;
      }
      const step = Math.min(headBytes - have, chunk.length - at);
      chunk.copy(head, have, at, at + step);
      have += step;
      at += step;
      if (have < headBytes) continue;
      have = 0;
      skip = Math.max(0, head.readInt32BE(0) - 4);
      onRequest(head.readInt16BE(4), head.readInt16BE(6));
    }
  };
};

/** Several recorders may count into one `usage`; what is encrypted cannot be read, and is only passed on. */
export const startRecorder = async (usage: Usage = new Map(), readable = true): Promise<Recorder> => {
  const sockets = new Set<Socket>();
  let target = 0;
  const count = (key: number, version: number): void => {
    const versions = usage.get(key) ?? new Map<number, number>();
    usage.set(key, versions.set(version, (versions.get(version) ?? 0) + 1));
  };
  const server = createServer({ noDelay: true }, (client) => {
    const broker = connect({ port: target, host: '127.0.0.1', noDelay: true });
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      // either side may vanish at any time; the other one is told by its own closing
      socket.on('error', () => other.destroy());
    }
    if (readable) client.on('data', requestReader(count));
    client.pipe(broker);
    broker.pipe(client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    usage,
    aim: (port) => (target = port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
};
