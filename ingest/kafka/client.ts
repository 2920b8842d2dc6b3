/** The publisher's Kafka, over kafkajs's connections. Every failure cuts them, so that no late answer meets a new request. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, type Log } from '../failure.ts';
import type { Batch, Bounds, KafkaPort, ProduceResult, Refusal, ScannedRecord } from '../publisher/port.ts';
import {
  type Broker,
  type Cluster,
  type Connection,
  type ConnectionSettings,
  type FetchedMessage,
  openConnection,
  type TopicMetadata,
} from './internals.ts';
import {
  decodeProduceResponse,
  encodeProduceRequest,
  type ProducedPartition,
  sequenceHeader,
  sourceHeader,
} from './recordBatch.ts';

const produceApiKey = 0;
const requestTimeoutMs = 30_000;
const scanBytesMax = 4 << 20;
const readUncommitted = 0;

/** https://kafka.apache.org/protocol#protocol_error_codes: those that a broker gives to a batch. All others pass, it is hoped. */
const refusals: ReadonlyMap<number, { error: string; because: Refusal }> = new Map([
  [3, { error: 'UNKNOWN_TOPIC_OR_PARTITION', because: 'passing' }],
  [6, { error: 'NOT_LEADER_FOR_PARTITION', because: 'passing' }],
  [7, { error: 'REQUEST_TIMED_OUT', because: 'passing' }],
  [10, { error: 'MESSAGE_TOO_LARGE', because: 'content' }],
  [18, { error: 'RECORD_LIST_TOO_LARGE', because: 'content' }],
  [29, { error: 'TOPIC_AUTHORIZATION_FAILED', because: 'content' }],
  [45, { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', because: 'identity' }],
  [46, { error: 'DUPLICATE_SEQUENCE_NUMBER', because: 'identity' }],
  [47, { error: 'INVALID_PRODUCER_EPOCH', because: 'identity' }],
  [56, { error: 'KAFKA_STORAGE_ERROR', because: 'passing' }],
  [59, { error: 'UNKNOWN_PRODUCER_ID', because: 'identity' }],
  [87, { error: 'INVALID_RECORD', because: 'content' }],
]);

export function createKafkaClient(settings: ConnectionSettings, log: Log): KafkaPort {
  let connection: Connection | null = null;
  let lost: ((reason: Error) => void) | null = null;

  const cluster = async (): Promise<Cluster> => {
    if (connection !== null) return connection.cluster;
    const opened = openConnection(settings, log, (reason) => lost?.(reason));
    connection = opened;
    await opened.cluster.connect();
    await opened.cluster.refreshMetadata(); // no target topics: of all topics
    return opened.cluster;
  };
  return {
    ensureTopics: async (wanted) => ensureTopics(await cluster(), wanted),
    bounds: async (topics) => bounds(await cluster(), topics),
    scan: async (topic, partition, from, to, visit) => scan(await cluster(), topic, partition, from, to, visit),
    newProducerId: async () => newProducerId(await cluster()),
    produce: async (batches) => produce(await cluster(), batches),
    reset: () => {
      connection?.cut();
      connection = null;
    },
    onLost: (listener) => {
      lost = listener;
    },
  };
}

function metadataOf(cluster: Cluster, topic: string): TopicMetadata | undefined {
  const found = cluster.brokerPool.metadata?.topicMetadata.find((metadata) => metadata.topic === topic);
  const ready = found !== undefined && found.partitionMetadata.length > 0;
  return ready && found.partitionMetadata.every(({ leader }) => leader >= 0) ? found : undefined;
}

/** undefined: there is no such topic. A topic whose leaders are not known now is there all the same. */
function presentMetadataOf(cluster: Cluster, topic: string): TopicMetadata | undefined {
  const ready = metadataOf(cluster, topic);
  const present = cluster.brokerPool.metadata?.topicMetadata.some((metadata) => metadata.topic === topic);
  if (ready !== undefined || present !== true) return ready;
  throw new Failure('TOPIC_NOT_AVAILABLE', `${topic} has no leader now`, 'See whether all of the brokers are up.');
}

async function ensureTopics(cluster: Cluster, wanted: ReadonlyMap<string, number>): Promise<Map<string, number>> {
  const missing = (): string[] => [...wanted.keys()].filter((topic) => metadataOf(cluster, topic) === undefined);
  if (missing().length > 0) await cluster.refreshMetadata();
  if (missing().length > 0) await createTopics(cluster, wanted, missing());
  for (let attempt = 0; missing().length > 0; attempt++) {
    if (attempt === 20)
      throw new Failure(
        'TOPIC_NOT_AVAILABLE',
        `Kafka has no leader for ${missing().join(', ')} two seconds after it was created.`,
        'See whether all of the brokers are up.',
      );
    await sleep(100);
    await cluster.refreshMetadata();
  }
  return new Map([...wanted.keys()].map((topic) => [topic, metadataOf(cluster, topic)!.partitionMetadata.length]));
}

async function createTopics(cluster: Cluster, wanted: ReadonlyMap<string, number>, missing: string[]): Promise<void> {
  const controller = await cluster.findControllerBroker();
  const topics = missing.map((topic) => ({ topic, numPartitions: wanted.get(topic)! }));
  await controller.createTopics({ topics, timeout: requestTimeoutMs });
  await cluster.refreshMetadata();
}

async function bounds(cluster: Cluster, topics: readonly string[]): Promise<Map<string, Bounds[]>> {
  if (topics.some((topic) => metadataOf(cluster, topic) === undefined)) await cluster.refreshMetadata();
  const found = topics.flatMap((topic) => presentMetadataOf(cluster, topic) ?? []);
  const ask = (fromBeginning: boolean) =>
    cluster.fetchTopicsOffset(
      found.map(({ topic, partitionMetadata }) => ({
        topic,
        partitions: partitionMetadata.map(({ partitionId }) => ({ partition: partitionId })),
        fromBeginning,
      })),
    );
  if (found.length === 0) return new Map();
  const [lows, highs] = [await ask(true), await ask(false)];
  const result = new Map(found.map(({ topic }) => [topic, [] as Bounds[]]));
  for (const { topic, partitions } of lows)
    for (const { partition, offset } of partitions) result.get(topic)![partition] = { low: Number(offset), high: 0 };
  for (const { topic, partitions } of highs)
    for (const { partition, offset } of partitions)
      result.get(topic)![partition] = { low: result.get(topic)![partition]!.low, high: Number(offset) };
  return result;
}

async function leaderOf(cluster: Cluster, topic: string, partition: number): Promise<Broker> {
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
  if (nodeId === undefined)
    throw new Failure(
      'PARTITION_UNKNOWN',
      `Kafka has no partition ${partition} of ${topic}.`,
      'Try again in a moment.',
    );
  return cluster.findBroker({ nodeId });
}

async function scan(
  cluster: Cluster,
  topic: string,
  partition: number,
  from: number,
  to: number,
  visit: (record: ScannedRecord) => void,
): Promise<void> {
  const broker = await leaderOf(cluster, topic, partition);
  for (let next = from; next < to;) {
    const where = { partition, fetchOffset: String(next), maxBytes: scanBytesMax };
    const answer = await broker.fetch({
      isolationLevel: readUncommitted,
      maxWaitTime: 1_000,
      maxBytes: scanBytesMax,
      topics: [{ topic, partitions: [where] }],
    });
    const messages = answer.responses[0]!.partitions[0]!.messages;
    const last = messages[messages.length - 1];
    if (last === undefined || Number(last.offset) < next) return; // compacted away, up to the end
    for (const message of messages) {
      const offset = Number(message.offset);
      if (offset >= next && offset < to) show(message, visit);
    }
    next = Number(last.offset) + 1;
  }
}

function show(message: FetchedMessage, visit: (record: ScannedRecord) => void): void {
  const source = message.headers?.[sourceHeader];
  const sequence = Number(message.headers?.[sequenceHeader]?.toString());
  if (source !== undefined && Number.isSafeInteger(sequence)) visit({ source: source.toString(), sequence });
}

async function newProducerId(cluster: Cluster): Promise<{ producerId: bigint; epoch: number }> {
  const broker = await cluster.brokerPool.findConnectedBroker();
  const { producerId, producerEpoch } = await broker.initProducerId({ transactionTimeout: 60_000 });
  return { producerId: BigInt(producerId), epoch: producerEpoch };
}

async function produce(cluster: Cluster, batches: readonly Batch[]): Promise<ProduceResult[]> {
  const leaders = await Promise.all(batches.map(({ topic, partition }) => leaderOf(cluster, topic, partition)));
  const byLeader = Map.groupBy(batches.keys(), (index) => leaders[index]!);
  const answers = await Promise.all(
    [...byLeader].map(([leader, indexes]) =>
      produceTo(
        leader,
        indexes.map((index) => batches[index]!),
      ),
    ),
  );
  const produced = answers.flat();
  return batches.map(({ topic, partition }) => {
    const found = produced.find((answer) => answer.topic === topic && answer.partition === partition);
    if (found === undefined) throw new Error(`Kafka's answer says nothing about ${topic}/${partition}`);
    if (found.errorCode === 0) return { kind: 'appended', baseOffset: found.baseOffset };
    const unknown = { error: `error code ${found.errorCode}`, because: 'passing' as const };
    return { kind: 'refused', ...(refusals.get(found.errorCode) ?? unknown) };
  });
}

async function produceTo(broker: Broker, batches: readonly Batch[]): Promise<ProducedPartition[]> {
  const buf = encodeProduceRequest(batches, requestTimeoutMs);
  const request = {
    apiKey: produceApiKey,
    apiVersion: 3,
    apiName: 'Produce',
    expectResponse: () => true,
    encode: () => Promise.resolve({ buf, buffer: buf }), // what kafkajs takes for one of its encoders
  };
  const response = {
    decode: (bytes: Buffer) => Promise.resolve(decodeProduceResponse(bytes)),
    parse: (produced: ProducedPartition[]) => Promise.resolve(produced),
  };
  return (await broker.connectionPool.send({ request, response })) as ProducedPartition[];
}
