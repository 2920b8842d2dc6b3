/** A client of bytes, for tests: what no well-behaved client would send. */
import { connect, type Socket } from 'node:net';
import type { Api } from '../protocol/api.ts';
import { Reader } from '../protocol/reader.ts';
import { Writer } from '../protocol/writer.ts';

export interface RawClient {
  readonly socket: Socket;
  send(bytes: Uint8Array): void;
  /** The next whole answer without its size, or undefined if the connection was closed first. */
  answer(): Promise<Buffer | undefined>;
  closed: Promise<void>;
}

export const rawClient = async (port: number): Promise<RawClient> => {
  const socket = connect({ port, host: '127.0.0.1' });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let received = Buffer.alloc(0);
  let isClosed = false;
  const waiting: (() => void)[] = [];
  const wake = (): void => waiting.splice(0).forEach((resolve) => resolve());
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  socket.on('error', wake);
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      isClosed = true;
      wake();
      resolve();
    });
  });
  const answer = async (): Promise<Buffer | undefined> => {
    for (;;) {
      const size = received.length >= 4 ? received.readInt32BE(0) : Infinity;
      if (received.length >= 4 + size) {
        const bytes = received.subarray(4, 4 + size);
        received = received.subarray(4 + size);
        return bytes;
      }
      if (isClosed) return undefined;
      await new Promise<void>((resolve) => void waiting.push(resolve));
    }
  };
  return { socket, send: (bytes) => void socket.write(bytes), answer, closed };
};

/** A request in a frame, with header version 1. */
export const frame = (apiKey: number, version: number, body: Uint8Array, correlationId = 1): Buffer => {
  const writer = new Writer();
  writer.int32(4 * 2 + 2 + 4 + body.length);
  writer.int16(apiKey);
  writer.int16(version);
  writer.int32(correlationId);
  writer.int16(4);
  writer.string('test', 4);
  writer.bytes(body);
  return Buffer.concat(writer.finish());
};

/** Sends one request of `api` over a connection of its own, and reads the answer. Left out is what has a default. */
export const ask = async (port: number, api: Api, version: number, request: object): Promise<object> => {
  const isFlexible = version >= api.flexibleSince;
  const body = new Writer();
  if (isFlexible) body.unsignedVarint(0);
  api.requestCodec(version).write(body, request);
  const client = await rawClient(port);
  client.send(frame(api.key, version, Buffer.concat(body.finish())));
  const answer = await client.answer();
  client.socket.destroy();
  if (answer === undefined) throw new Error(`${api.name} was not answered`);
  return api.responseCodec(version).read(new Reader(answer, isFlexible ? 5 : 4));
};
