/**
 * Kafka as the pipeline needs it: which topics there are, who leads their partitions, where logs begin and end, and what
 * is in them. Connections are made when needed and thrown away after any failure; whoever calls tries again.
 */
import { PipelineError } from '../problems.ts';
import type { FetchedPartition } from './fetch-response.ts';
import { connectBroker, fetchFrom, type ConnectionOptions, type KafkaBroker, type Metadata } from './kafkajs.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface PartitionLeader extends TopicPartition {
  /** Node id; -1: there is none now. */
  readonly leader: number;
}

export interface KafkaOptions extends ConnectionOptions {
  readonly brokers: readonly string[];
  readonly now: () => number;
}

export const readCommitted = 1;
const earliest = '-2';
const latest = '-1';
const awayMs = 500;

export class KafkaClient {
  private readonly options: KafkaOptions;
  private readonly nodes = new Map<number, Promise<KafkaBroker>>();
  private addresses = new Map<number, { host: string; port: number }>();
  private seed: Promise<KafkaBroker> | undefined;
  private seedIndex = 0;
  private known: { atMs: number; topics: Map<string, PartitionLeader[]> } | undefined;
  private pending: Promise<Map<string, PartitionLeader[]>> | undefined;
  /** After a failure every call fails at once for a moment: one flow's time-out is enough. */
  private away: { untilMs: number; error: PipelineError } | undefined;

  constructor(options: KafkaOptions) {
    this.options = options;
  }

  /** All topics with their partitions, at most `maxAgeMs` old. Internal topics are left out. */
  async topics(maxAgeMs = 1000): Promise<ReadonlyMap<string, readonly PartitionLeader[]>> {
    if (this.known !== undefined && this.options.now() - this.known.atMs < maxAgeMs) return this.known.topics;
    this.pending ??= this.guard(() => this.loadTopics()).finally(() => (this.pending = undefined));
    return await this.pending;
  }

  /** Offsets at which the logs of partitions begin or end, by `topic/partition`. */
  async offsets(partitions: readonly PartitionLeader[], at: 'begin' | 'end'): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const [leader, group] of Map.groupBy(partitions, (each) => each.leader)) {
      const timestamp = at === 'begin' ? earliest : latest;
      const topics = [...Map.groupBy(group, ({ topic }) => topic)].map(([topic, members]) => ({
        topic,
        partitions: members.map(({ partition }) => ({ partition, timestamp })),
      }));
      const answer = await this.guard(async () => {
        const node = await this.node(leader);
        return await node.listOffsets({ replicaId: -1, isolationLevel: readCommitted, topics });
      });
      for (const { topic, partitions: list } of answer.responses)
        for (const { partition, offset } of list) found.set(`${topic}/${partition}`, Number(offset));
    }
    return found;
  }

  /** What the log of each partition holds from an offset on, at once, without waiting for more. */
  async fetch(
    leader: number,
    partitions: readonly (TopicPartition & { offset: number })[],
    maxBytes: number,
  ): Promise<readonly FetchedPartition[]> {
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, members]) => ({
      topic,
      partitions: members.map(({ partition, offset }) => ({ partition, fetchOffset: String(offset), maxBytes })),
    }));
    return await this.guard(async () => {
      const node = await this.node(leader);
      const request = { isolationLevel: readCommitted, maxWaitTime: 0, minBytes: 0, maxBytes, topics };
      const { partitions: fetched } = await fetchFrom(node, request);
      return fetched;
    });
  }

  /** Forget who leads what, because a broker said that it no longer does. */
  forgetLeaders(): void {
    this.known = undefined;
  }

  async close(): Promise<void> {
    const open = [this.seed, ...this.nodes.values()].filter((each) => each !== undefined);
    this.seed = undefined;
    this.nodes.clear();
    this.known = undefined;
    await Promise.allSettled(open.map(async (broker) => (await broker).disconnect()));
  }

  private async loadTopics(): Promise<Map<string, PartitionLeader[]>> {
    this.seed ??= this.connectSeed();
    const metadata = await (await this.seed).metadata([]);
    this.addresses = new Map(metadata.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    const topics = new Map(metadata.topicMetadata.filter(isReadable).map((each) => [each.topic, leadersOf(each)]));
    this.known = { atMs: this.options.now(), topics };
    return topics;
  }

  private async connectSeed(): Promise<KafkaBroker> {
    const { brokers } = this.options;
    const address = brokers[this.seedIndex % brokers.length]!;
    this.seedIndex += 1;
    const colon = address.lastIndexOf(':');
    return await connectBroker({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) }, this.options);
  }

  private async node(id: number): Promise<KafkaBroker> {
    const known = this.nodes.get(id);
    if (known !== undefined) return await known;
    const address = this.addresses.get(id);
    if (address === undefined) throw new Error(`no broker has the id ${id}`);
    const connecting = connectBroker(address, this.options);
    this.nodes.set(id, connecting);
    return await connecting;
  }

  /** Any failure below becomes one error, and every connection is made anew. */
  private async guard<T>(work: () => Promise<T>): Promise<T> {
    if (this.away !== undefined && this.options.now() < this.away.untilMs) throw this.away.error;
    try {
      const result = await work();
      this.away = undefined;
      return result;
    } catch (error) {
      if (error instanceof PipelineError) throw error;
      await this.close();
      this.away = { untilMs: this.options.now() + awayMs, error: kafkaAway(this.options.brokers, error) };
      throw this.away.error;
    }
  }
}

const isReadable = ({ topic, isInternal }: Metadata['topicMetadata'][number]): boolean =>
  isInternal !== true && !topic.startsWith('__');

const leadersOf = ({ topic, partitionMetadata }: Metadata['topicMetadata'][number]): PartitionLeader[] =>
  partitionMetadata
    .map(({ partitionId, leader }) => ({ topic, partition: partitionId, leader }))
    .toSorted((a, b) => a.partition - b.partition);

const kafkaAway = (brokers: readonly string[], cause: unknown): PipelineError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `Kafka at ${brokers.join(', ')} cannot be reached: ${reason.replace(/\.$/, '')}.`;
  const hint = 'Flows wait and go on where they stopped as soon as it is back.';
  return new PipelineError({ code: 'KAFKA_AWAY', message, hint }, { cause });
};
