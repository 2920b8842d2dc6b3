/** The broker as kafkajs sees it. */
import { Kafka, logLevel, type Consumer, type KafkaMessage } from 'kafkajs';
import { afterEach, describe, expect, test } from 'vitest';
import type { BrokerConfig } from './config.ts';
import { startTestBroker, type TestBroker } from './testing.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const start = async (config: Partial<BrokerConfig> = {}): Promise<TestBroker> => {
  const started = await startTestBroker(config);
  cleanups.push(() => started.end());
  return started;
};

const client = (brokers: string[]): Kafka =>
  new Kafka({ brokers, clientId: 'test', logLevel: logLevel.NOTHING, retry: { initialRetryTime: 20, retries: 8 } });

const admin = async (kafka: Kafka) => {
  const connected = kafka.admin();
  await connected.connect();
  cleanups.push(() => connected.disconnect());
  return connected;
};

const producer = async (kafka: Kafka, options: Parameters<Kafka['producer']>[0] = {}) => {
  const connected = kafka.producer({ allowAutoTopicCreation: true, ...options });
  await connected.connect();
  cleanups.push(() => connected.disconnect());
  return connected;
};

/** Consumes until `count` messages have come. */
const consume = async (consumer: Consumer, topic: string, count: number) => {
  const got: { partition: number; message: KafkaMessage }[] = [];
  await consumer.connect();
  cleanups.push(() => consumer.disconnect());
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ partition, message }: { partition: number; message: KafkaMessage }) => {
      got.push({ partition, message });
      if (got.length === count) resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  return got;
};

/** Offsets for the first partition of topic t. */
const offsetOf = (offset: string) => [{ topic: 't', partitions: [{ partition: 0, offset }] }];

const text = (value: Buffer | null | undefined): string => value?.toString() ?? '';

describe('producing and consuming', () => {
  test('what a producer sends a group gets: keys, values, headers, timestamps, offsets in order', async () => {
    const { brokers } = await start();
    const kafka = client(brokers);
    const timestamp = String(Date.now() - 5000);
    const messages = Array.from({ length: 300 }, (_, at) => ({
      key: `k${at}`,
      value: `v${at}`,
      headers: { number: String(at) },
      timestamp,
    }));
    await (await producer(kafka)).send({ topic: 'orders', messages });
    const got = await consume(kafka.consumer({ maxWaitTimeInMs: 50, groupId: 'g' }), 'orders', 300);
    expect(got.map(({ message }) => text(message.value))).toEqual(messages.map((one) => one.value));
    expect(got.map(({ message }) => message.offset)).toEqual(messages.map((_, at) => String(at)));
    expect(got.every(({ message }) => message.timestamp === timestamp)).toBe(true);
    expect(text(got[7]!.message.headers?.['number'] as Buffer)).toBe('7');
  });

  test('what was acknowledged is there after a restart, and offsets go on', async () => {
    const first = await start();
    await (await producer(client(first.brokers))).send({ topic: 't', messages: [{ value: 'a' }, { value: 'b' }] });
    const second = await first.restart();
    cleanups.push(() => second.end());
    const [sent] = await (await producer(client(second.brokers))).send({ topic: 't', messages: [{ value: 'c' }] });
    expect(sent?.baseOffset).toBe('2');
    const got = await consume(client(second.brokers).consumer({ maxWaitTimeInMs: 50, groupId: 'g' }), 't', 3);
    expect(got.map(({ message }) => text(message.value))).toEqual(['a', 'b', 'c']);
  });

  test('a message larger than the topic allows is refused, and the next one is not', async () => {
    const { brokers } = await start();
    const kafka = client(brokers);
    const configEntries = [{ name: 'max.message.bytes', value: '1000' }];
    await (await admin(kafka)).createTopics({ topics: [{ topic: 't', configEntries }] });
    const sender = await producer(kafka);
    await expect(sender.send({ topic: 't', messages: [{ value: 'x'.repeat(2000) }] })).rejects.toThrow(
      /max-byte|larger/,
    );
    await sender.send({ topic: 't', messages: [{ value: 'small' }] });
  });

  test('an idempotent producer can send', async () => {
    const { brokers } = await start();
    const sender = await producer(client(brokers), { idempotent: true });
    for (const value of ['a', 'b', 'c']) await sender.send({ topic: 't', messages: [{ value }] });
    const got = await consume(client(brokers).consumer({ maxWaitTimeInMs: 50, groupId: 'g' }), 't', 3);
    expect(got.map(({ message }) => text(message.value))).toEqual(['a', 'b', 'c']);
  });
});

describe('consumer groups', () => {
  test('two members share the partitions, and the one that stays takes over all', async () => {
    const { brokers } = await start({ defaultPartitions: 4 });
    const kafka = client(brokers);
    await (await admin(kafka)).createTopics({ topics: [{ topic: 't', numPartitions: 4 }] });
    const assigned = new Map<string, number[]>();
    const join = async (name: string): Promise<Consumer> => {
      const consumer = kafka.consumer({
        maxWaitTimeInMs: 50,
        groupId: 'g',
        sessionTimeout: 6000,
        heartbeatInterval: 100,
      });
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => assigned.set(name, payload.memberAssignment['t'] ?? []));
      await consumer.connect();
      cleanups.push(() => consumer.disconnect());
      await consumer.subscribe({ topic: 't' });
      await consumer.run({ eachMessage: async () => undefined });
      return consumer;
    };
    await join('one');
    const second = await join('two');
    await expect
      .poll(() => [...assigned.values()].map((one) => one.length).toSorted(), { timeout: 20_000 })
      .toEqual([2, 2]);
    await second.disconnect();
    await expect.poll(() => assigned.get('one')?.toSorted(), { timeout: 20_000 }).toEqual([0, 1, 2, 3]);
  });

  test('a group goes on where it had committed, also after a restart of the broker', async () => {
    const first = await start();
    const kafka = client(first.brokers);
    const messages = Array.from({ length: 10 }, (_, at) => ({ value: String(at) }));
    await (await producer(kafka)).send({ topic: 't', messages });
    const consumer = kafka.consumer({ maxWaitTimeInMs: 50, groupId: 'g' });
    await consume(consumer, 't', 10);
    await consumer.disconnect();
    const partitions = [{ partition: 0, offset: '4' }];
    await (await admin(kafka)).setOffsets({ groupId: 'g', topic: 't', partitions });
    const second = await first.restart();
    cleanups.push(() => second.end());
    const got = await consume(client(second.brokers).consumer({ maxWaitTimeInMs: 50, groupId: 'g' }), 't', 6);
    expect(text(got[0]!.message.value)).toBe('4');
    const offsets = await (await admin(client(second.brokers))).fetchOffsets({ groupId: 'g', topics: ['t'] });
    expect(offsets[0]?.partitions[0]?.partition).toBe(0);
  });
});

describe('admin', () => {
  test('topics are created, described, grown, configured and deleted', async () => {
    const { brokers } = await start();
    const kafka = await admin(client(brokers));
    expect(await kafka.createTopics({ topics: [{ topic: 'a', numPartitions: 2 }] })).toBe(true);
    expect(await kafka.createTopics({ topics: [{ topic: 'a' }] })).toBe(false);
    await kafka.createPartitions({ topicPartitions: [{ topic: 'a', count: 5 }] });
    const { topics } = await kafka.fetchTopicMetadata({ topics: ['a'] });
    expect(topics[0]?.partitions).toHaveLength(5);
    const resources = [{ type: 2, name: 'a', configEntries: [{ name: 'retention.ms', value: '1234' }] }];
    await kafka.alterConfigs({ validateOnly: false, resources });
    const described = await kafka.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: 'a', configNames: ['retention.ms'] }],
    });
    expect(described.resources[0]?.configEntries[0]?.configValue).toBe('1234');
    await kafka.deleteTopics({ topics: ['a'] });
    expect(await kafka.listTopics()).toEqual([]);
  });

  test('a topic name, a partition count or a configuration that cannot be is refused', async () => {
    const { brokers } = await start();
    const kafka = await admin(client(brokers));
    await expect(kafka.createTopics({ topics: [{ topic: 'no spaces' }] })).rejects.toThrow();
    await expect(kafka.createTopics({ topics: [{ topic: 'a', numPartitions: 0 }] })).rejects.toThrow();
    await expect(kafka.createTopics({ topics: [{ topic: 'a', replicationFactor: 3 }] })).rejects.toThrow();
    const configEntries = [{ name: 'retention.ms', value: 'long' }];
    await expect(kafka.createTopics({ topics: [{ topic: 'a', configEntries }] })).rejects.toThrow();
    expect(await kafka.listTopics()).toEqual([]);
  });

  test('offsets are found by time, and records deleted up to an offset', async () => {
    const { brokers } = await start();
    const kafka = client(brokers);
    const sender = await producer(kafka);
    const base = Date.now() - 100_000;
    for (const at of [0, 1, 2]) {
      await sender.send({ topic: 't', messages: [{ value: `${at}`, timestamp: String(base + at * 1000) }] });
    }
    const tool = await admin(kafka);
    const at = async (ms: number) => (await tool.fetchTopicOffsetsByTimestamp('t', ms))[0]?.offset;
    expect([await at(base - 1), await at(base), await at(base + 1), await at(base + 2000)]).toEqual([
      '0',
      '0',
      '1',
      '2',
    ]);
    expect(await at(base + 2001)).toBe('3');
    await tool.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '2' }] });
    expect((await tool.fetchTopicOffsets('t'))[0]).toMatchObject({ low: '2', high: '3' });
  });

  test('groups are listed, described and deleted', async () => {
    const { brokers } = await start();
    const kafka = client(brokers);
    await (await producer(kafka)).send({ topic: 't', messages: [{ value: 'a' }] });
    const consumer = kafka.consumer({ maxWaitTimeInMs: 50, groupId: 'g' });
    await consume(consumer, 't', 1);
    const tool = await admin(kafka);
    expect((await tool.listGroups()).groups).toEqual([{ groupId: 'g', protocolType: 'consumer' }]);
    const described = await tool.describeGroups(['g']);
    expect(described.groups[0]).toMatchObject({ state: 'Stable', protocol: 'RoundRobinAssigner' });
    expect(described.groups[0]?.members).toHaveLength(1);
    await expect(tool.deleteGroups(['g'])).rejects.toThrow();
    await consumer.disconnect();
    await tool.deleteGroups(['g']);
    expect((await tool.listGroups()).groups).toEqual([]);
  });

  test('the cluster says who it is, and metrics count what came and went', async () => {
    const { brokers, broker } = await start();
    const kafka = client(brokers);
    const cluster = await (await admin(kafka)).describeCluster();
    expect(cluster).toMatchObject({ controller: 1, clusterId: broker.clusterId });
    await (await producer(kafka)).send({ topic: 't', messages: [{ value: 'a' }, { value: 'b' }] });
    await consume(kafka.consumer({ maxWaitTimeInMs: 50, groupId: 'g' }), 't', 2);
    const metrics = broker.metrics();
    expect(metrics.topics['t']).toMatchObject({ messagesIn: 2, messagesOut: 2, endOffsets: [2], startOffsets: [0] });
    expect(metrics.groups['g']).toMatchObject({ members: 1, state: 'Stable' });
    expect(metrics.connections).toBeGreaterThan(0);
  });
});

describe('transactions', () => {
  test('a committed transaction is seen by read_committed consumers, an aborted one is not', async () => {
    const { brokers } = await start();
    const kafka = client(brokers);
    await (await admin(kafka)).createTopics({ topics: [{ topic: 't' }] });
    const sender = await producer(kafka, { transactionalId: 'tx', maxInFlightRequests: 1, idempotent: true });
    const aborted = await sender.transaction();
    await aborted.send({ topic: 't', messages: [{ value: 'aborted' }] });
    await aborted.abort();
    const committed = await sender.transaction();
    await committed.send({ topic: 't', messages: [{ value: 'committed' }] });
    await committed.commit();
    const got = await consume(kafka.consumer({ maxWaitTimeInMs: 50, groupId: 'g', readUncommitted: false }), 't', 1);
    expect(text(got[0]!.message.value)).toBe('committed');
  });

  test('offsets sent to a transaction count only when it commits', async () => {
    const { brokers } = await start();
    const kafka = client(brokers);
    const tool = await admin(kafka);
    await tool.createTopics({ topics: [{ topic: 't' }] });
    const sender = await producer(kafka, { transactionalId: 'tx', maxInFlightRequests: 1, idempotent: true });
    const committed = async () => (await tool.fetchOffsets({ groupId: 'g', topics: ['t'] }))[0]?.partitions[0]?.offset;
    const first = await sender.transaction();
    await first.sendOffsets({ consumerGroupId: 'g', topics: offsetOf('5') });
    await first.abort();
    expect(await committed()).toBe('-1');
    const second = await sender.transaction();
    await second.sendOffsets({ consumerGroupId: 'g', topics: offsetOf('7') });
    await second.commit();
    expect(await committed()).toBe('7');
  });

  test('a second producer of the same transactional id fences the first', async () => {
    const { brokers } = await start();
    const kafka = client(brokers);
    await (await admin(kafka)).createTopics({ topics: [{ topic: 't' }] });
    const options = { transactionalId: 'tx', maxInFlightRequests: 1, idempotent: true };
    const zombie = await producer(kafka, options);
    const left = await zombie.transaction();
    await left.send({ topic: 't', messages: [{ value: 'zombie' }] });
    const heir = await producer(kafka, options);
    const next = await heir.transaction();
    await next.send({ topic: 't', messages: [{ value: 'heir' }] });
    await expect(left.commit()).rejects.toThrow();
    await next.commit();
    const got = await consume(kafka.consumer({ maxWaitTimeInMs: 50, groupId: 'g', readUncommitted: false }), 't', 1);
    expect(text(got[0]!.message.value)).toBe('heir');
  });
});
