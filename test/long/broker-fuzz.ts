/**
 * `node test/long/broker-fuzz.ts [frames] [seed]`: a million malformed or truncated requests against a broker. Exit 0: it
 * still answers, has not grown beyond bounds, and each connection was answered or closed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apis } from '../../broker/apis/index.ts';
import { startBroker } from '../../broker/index.ts';
import { makeFrames, randomFrom } from '../../broker/network/fuzz.ts';
import { frame, rawClient } from '../../broker/network/raw-client.ts';

const [frames = '1000000', seed = '1'] = process.argv.slice(2);
const PER_CONNECTION = 200;
const GROWTH_MB_MAX = 150;
const dataDir = mkdtempSync(join(tmpdir(), 'tiffin-fuzz-'));
const broker = await startBroker({
  port: 0,
  dataDir,
  autoCreateTopics: false,
  partitionsPerTopicMax: 4,
  log: () => undefined,
});
const next = makeFrames([...apis.values()], randomFrom(Number(seed)));
const rssMb = (): number => process.memoryUsage().rss / 1e6;

const burst = async (): Promise<void> => {
  const client = await rawClient(broker.port);
  client.socket.on('data', () => undefined);
  for (let count = 0; count < PER_CONNECTION; count++) client.send(next());
  client.socket.end();
  await client.closed;
};

for (let sent = 0; sent < 20_000; sent += PER_CONNECTION) await burst();
const before = rssMb();
for (let sent = 20_000; sent < Number(frames); sent += PER_CONNECTION) await burst();
const after = rssMb();
const client = await rawClient(broker.port);
client.send(frame(18, 0, Buffer.alloc(0)));
const answers = (await client.answer())?.readInt16BE(4) === 0;
client.socket.destroy();
const topics = Object.keys(broker.metrics().topics).length;
await broker.stop();
rmSync(dataDir, { recursive: true, force: true });
console.log(JSON.stringify({ frames: Number(frames), seed: Number(seed), answers, topics, rssMb: { before, after } }));
process.exit(answers && after - before < GROWTH_MB_MAX ? 0 : 1);
