/**
 * A broker that is killed at random moments while idempotent producers write to it with acks=all. Each producer sends a
 * batch again until it is acknowledged, as every Kafka client does, and remembers which offset it was told.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeBatch } from './log/testing.ts';
import { frame, rawClient, type RawClient } from './network/raw-client.ts';
import { systemCode } from './errors.ts';
import { Writer } from './protocol/writer.ts';

export const TOPIC = 'killed';
export const PARTITIONS = 2;
const PRODUCE_VERSION = 3;

export class KilledBroker {
  private readonly dataDir: string;
  private child: ChildProcess | undefined;
  port = 0;

  constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  async start(): Promise<void> {
    const path = join(import.meta.dirname, 'kill-child.ts');
    this.child = fork(path, [this.dataDir, String(this.port)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const [port] = (await once(this.child, 'message')) as [number];
    this.port = port;
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    this.child = undefined;
  }
}

export interface Acknowledged {
  readonly partition: number;
  readonly offset: number;
  readonly value: string;
}

const produceBody = (partition: number, batch: Buffer): Buffer => {
  const writer = new Writer();
  writer.int16(-1); // no transactional id
  writer.int16(-1); // acks=all
  writer.int32(30_000);
  writer.int32(1);
  writer.int16(TOPIC.length);
  writer.string(TOPIC, TOPIC.length);
  writer.int32(1);
  writer.int32(partition);
  writer.int32(batch.length);
  writer.bytes(batch);
  return Buffer.concat(writer.finish());
};

/** Where error code and base offset are in an answer for one partition: after correlation id, counts, topic, index. */
const ERROR_AT = 4 + 4 + 2 + TOPIC.length + 4 + 4;

export class KillProducer {
  readonly acknowledged: Acknowledged[] = [];
  /** Batches that had to be sent more than once. */
  repeated = 0;
  private readonly broker: KilledBroker;
  private readonly partition: number;
  private client: RawClient | undefined;
  private sequence = 0;
  private isStopped = false;

  constructor(broker: KilledBroker, partition: number) {
    this.broker = broker;
    this.partition = partition;
  }

  async run(): Promise<void> {
    while (!this.isStopped) {
      const count = 1 + (this.sequence % 7);
      const values = Array.from({ length: count }, (_, at) => `${this.partition}:${this.sequence + at}`);
      const offset = await this.sendUntilAcknowledged(values);
      values.forEach((value, at) => {
        this.acknowledged.push({ partition: this.partition, offset: offset + at, value });
      });
      this.sequence += count;
    }
    this.client?.socket.destroy();
  }

  stop(): void {
    this.isStopped = true;
  }

  private async sendUntilAcknowledged(values: readonly string[]): Promise<number> {
    for (let attempt = 0; ; attempt++) {
      if (attempt === 1) this.repeated++;
      const answer = await this.send(values);
      const errorCode = answer?.readInt16BE(ERROR_AT);
      if (answer !== undefined && errorCode === 0) return Number(answer.readBigInt64BE(ERROR_AT + 2));
      if (errorCode !== undefined && errorCode !== 3) throw new Error(`the broker answered with error ${errorCode}`);
      await sleep(5);
    }
  }

  private async send(values: readonly string[]): Promise<Buffer | undefined> {
    const records = values.map((value) => ({ key: null, value: value.padEnd(200, '.') }));
    const by = { producerId: 100 + this.partition, producerEpoch: 0, baseSequence: this.sequence };
    try {
      this.client ??= await rawClient(this.broker.port);
      this.client.send(frame(0, PRODUCE_VERSION, produceBody(this.partition, makeBatch(records, Date.now(), by))));
    } catch (error) {
      if (systemCode(error) !== 'ECONNREFUSED' && systemCode(error) !== 'ECONNRESET') throw error;
    }
    const answer = await this.client?.answer();
    if (answer === undefined) {
      this.client?.socket.destroy();
      this.client = undefined;
    }
    return answer;
  }
}

/** Kills the broker `kills` times while producers write; answers all that was acknowledged. */
export const killUnderLoad = async (
  broker: KilledBroker,
  kills: number,
  random: () => number,
): Promise<{ acknowledged: Acknowledged[]; repeated: number }> => {
  const producers = Array.from({ length: PARTITIONS }, (_, partition) => new KillProducer(broker, partition));
  const runs = producers.map((producer) => producer.run());
  for (let kill = 0; kill < kills; kill++) {
    await sleep(20 + random() * 150);
    await broker.kill();
    await broker.start();
  }
  await sleep(100);
  for (const producer of producers) producer.stop();
  await Promise.all(runs);
  return {
    acknowledged: producers.flatMap((producer) => producer.acknowledged),
    repeated: producers.reduce((sum, producer) => sum + producer.repeated, 0),
  };
};
