/**
 * `node test/long/broker-fuzz.ts [frames] [seed]`: a million malformed or truncated requests, each on a connection of its
 * own, against all of a broker but the sockets and the disk. Exit 0: every connection was answered, closed or still waits
 * for the rest of its request, nothing crashed, and memory has not grown beyond bounds.
 */
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { apis } from '../../broker/apis/index.ts';
import { assemble } from '../../broker/broker.ts';
import { MemoryFiles } from '../../broker/log/memory-files.ts';
import { Connection } from '../../broker/network/connection.ts';
import { Faults } from '../../broker/network/faults.ts';
import { makeFrames, randomFrom } from '../../broker/network/fuzz.ts';

const [frames = '1000000', seed = '1'] = process.argv.slice(2);
const WARM_UP_FRAMES = 50_000;
const GROWTH_MB_MAX = 150;

/** As much of a socket as a connection uses. */
class FakeSocket extends Duplex {
  readonly remoteAddress = '127.0.0.1';
  answers = 0;
  override _read(): void {
    // Bytes are pushed from outside.
  }
  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    this.answers++;
    done();
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  destroySoon(): void {
    this.destroy();
  }
}

const errors: string[] = [];
const services = assemble(
  {
    port: 0,
    dataDir: '/fuzz',
    autoCreateTopics: false,
    partitionsPerTopicMax: 4,
    log: (level, message) => void (level === 'error' && errors.push(message)),
  },
  new MemoryFiles(),
  { clusterId: 'fuzz', trustTail: true, stopped: () => undefined },
);
services.catalog.create('known', 2);
const faults = new Faults(Math.random);
const next = makeFrames([...apis.values()], randomFrom(Number(seed)));
const counts = { answered: 0, closed: 0, waiting: 0 };

const one = async (): Promise<void> => {
  const socket = new FakeSocket();
  const endpoint = { host: '127.0.0.1', port: 0 };
  const options = { services, faults, endpoint, authentication: undefined, onRequest: () => undefined };
  void new Connection(socket as unknown as Socket, options);
  socket.push(next());
  await nextTurn();
  if (socket.answers > 0) counts.answered++;
  else if (socket.destroyed) counts.closed++;
  else counts.waiting++;
  socket.destroy();
};

const rssMb = (): number => Math.round(process.memoryUsage().rss / 1e6);
let before = 0;
for (let sent = 0; sent < Number(frames); sent += 50) {
  if (sent === WARM_UP_FRAMES) before = rssMb();
  await Promise.all(Array.from({ length: 50 }, one));
}
const report = { frames: Number(frames), seed: Number(seed), ...counts, rssMb: { before, after: rssMb() } };
console.log(
  JSON.stringify({ ...report, topics: services.catalog.size, unexpected: [...new Set(errors)].slice(0, 10) }),
);
process.exit(errors.length === 0 && rssMb() - before < GROWTH_MB_MAX ? 0 : 1);
