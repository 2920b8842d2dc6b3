/** Does a Kafka answer on this port? One ApiVersions request, which every version of Kafka understands. */
import { connect } from 'node:net';

const answerMsMax = 5_000;

/** ApiVersions, version 0, correlation id 0, client id `tiffin` */
const request = (): Buffer => {
  const clientId = Buffer.from('tiffin');
  const frame = Buffer.alloc(14 + clientId.length);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt16BE(18, 4);
  frame.writeInt16BE(clientId.length, 12);
  clientId.copy(frame, 14);
  return frame;
};

/** length, correlation id, error code */
const headBytes = 10;

export const kafkaAnswers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request()));
    let head = Buffer.alloc(0);
    const answer = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(answerMsMax, () => answer(false));
    socket.on('data', (chunk: Buffer) => {
      head = Buffer.concat([head, chunk.subarray(0, headBytes)]);
      if (head.length >= headBytes) answer(head.readInt32BE(4) === 0 && head.readInt16BE(8) === 0);
    });
    socket.on('error', () => answer(false));
    socket.on('close', () => answer(false));
  });
