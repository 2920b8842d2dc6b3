/** kafkajs, as its users know it: the client that Tiffin's own rooms speak with. */
import {
  type Admin,
  CompressionTypes,
  type Consumer,
  ConfigResourceTypes,
  type EachMessagePayload,
  Kafka,
  type KafkaConfig,
  logLevel,
  type SASLOptions,
} from 'kafkajs';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { clientSuite, unique } from './harness/suite.ts';
import { user } from './harness/target.ts';

clientSuite('kafkajs', (broker) => {
  const client = (options: Partial<KafkaConfig> = {}): Kafka =>
    new Kafka({
      clientId: 'kafkajs-suite',
      brokers: [broker().bootstrap],
      logLevel: logLevel.NOTHING,
      retry: { retries: 12, maxRetryTime: 2000 },
      ...options,
    });

  const admin = async (): Promise<Admin> => {
    const connected = client().admin();
    await connected.connect();
    onTestFinished(() => connected.disconnect());
    return connected;
  };
  const producer = async (options: Parameters<Kafka['producer']>[0] = {}) => {
    const connected = client().producer({ allowAutoTopicCreation: false, ...options });
    await connected.connect();
    onTestFinished(() => connected.disconnect());
    return connected;
  };
  const transactional = (transactionalId = unique('tx')) =>
    producer({ transactionalId, maxInFlightRequests: 1, idempotent: true });
  const createTopic = async (
    topic: string,
    numPartitions = 1,
    entries: Record<string, string> = {},
  ): Promise<string> => {
    const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }));
    await (await admin()).createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions, configEntries }] });
    return topic;
  };

  interface Got extends EachMessagePayload {
    readonly text: string | null;
  }
  /** A consumer that has run until `count` messages are there. */
  const consume = async (
    topics: string[],
    count: number,
    options: { groupId?: string; readUncommitted?: boolean; instance?: (consumer: Consumer) => void } = {},
  ): Promise<Got[]> => {
    const consumer = client().consumer({
      groupId: options.groupId ?? unique('group'),
      readUncommitted: options.readUncommitted ?? false,
      maxWaitTimeInMs: 200,
    });
    await consumer.connect();
    try {
      await consumer.subscribe({ topics, fromBeginning: true });
      const got: Got[] = [];
      const enough = new Promise<void>((resolve) => {
        void consumer.run({
          eachMessage: async (payload) => {
            got.push({ ...payload, text: payload.message.value?.toString() ?? null });
            if (got.length >= count) resolve();
          },
        });
        options.instance?.(consumer);
      });
      if (count > 0) await enough;
      return got;
    } finally {
      await consumer.disconnect();
    }
  };

  describe('topics', () => {
    test('are created, described, grown and deleted', async () => {
      const topic = await createTopic(unique('orders'), 3);
      const connected = await admin();
      expect(await connected.listTopics()).toContain(topic);
      const { topics } = await connected.fetchTopicMetadata({ topics: [topic] });
      expect(topics[0]!.partitions.map((partition) => partition.partitionId).toSorted()).toEqual([0, 1, 2]);
      expect(topics[0]!.partitions.every((partition) => partition.leader >= 0)).toBe(true);
      await connected.createPartitions({ topicPartitions: [{ topic, count: 5 }] });
      await expect
        .poll(async () => (await connected.fetchTopicMetadata({ topics: [topic] })).topics[0]!.partitions.length)
        .toBe(5);
      await connected.deleteTopics({ topics: [topic] });
      await expect.poll(() => connected.listTopics()).not.toContain(topic);
    });

    test('that exist are not created again', async () => {
      const topic = await createTopic(unique('twice'));
      expect(await (await admin()).createTopics({ topics: [{ topic }] })).toBe(false);
    });

    test.each([
      ['a name with a slash', { topic: 'a/b' }, 'INVALID_TOPIC_EXCEPTION'],
      ['no partitions', { topic: 'none', numPartitions: 0 }, 'INVALID_PARTITIONS'],
      ['more replicas than brokers', { topic: 'copies', replicationFactor: 3 }, 'INVALID_REPLICATION_FACTOR'],
      [
        'a setting that is none',
        { topic: 'x', configEntries: [{ name: 'retention.ms', value: 'soon' }] },
        'INVALID_CONFIG',
      ],
    ])('with %s are refused', async (_what, wanted, type) => {
      await expect((await admin()).createTopics({ topics: [wanted] })).rejects.toMatchObject({
        errors: [{ type }],
      });
    });

    test('cannot shrink', async () => {
      const topic = await createTopic(unique('shrink'), 3);
      await expect((await admin()).createPartitions({ topicPartitions: [{ topic, count: 2 }] })).rejects.toMatchObject({
        type: 'INVALID_PARTITIONS',
      });
    });

    test('that are not there cannot be deleted', async () => {
      await expect((await admin()).deleteTopics({ topics: [unique('nowhere')] })).rejects.toMatchObject({
        cause: { type: 'UNKNOWN_TOPIC_OR_PARTITION' },
      });
    });

    test('have settings that can be read and changed', async () => {
      const topic = await createTopic(unique('settings'), 1, { 'retention.ms': '12345' });
      const connected = await admin();
      const read = async (name: string) => {
        const { resources } = await connected.describeConfigs({
          includeSynonyms: false,
          resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: [name] }],
        });
        return resources[0]!.configEntries.find((entry) => entry.configName === name)!;
      };
      expect(await read('retention.ms')).toMatchObject({ configValue: '12345', isDefault: false });
      expect(await read('cleanup.policy')).toMatchObject({ configValue: 'delete' });
      await connected.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: ConfigResourceTypes.TOPIC,
            name: topic,
            configEntries: [{ name: 'cleanup.policy', value: 'compact' }],
          },
        ],
      });
      await expect.poll(() => read('cleanup.policy')).toMatchObject({ configValue: 'compact' });
      // AlterConfigs replaces all settings: what it does not name is the default again
      await expect.poll(() => read('retention.ms')).toMatchObject({ configValue: '604800000' });
    });

    test('are described with all their settings when none is named', async () => {
      const topic = await createTopic(unique('all-settings'));
      const { resources } = await (
        await admin()
      ).describeConfigs({
        includeSynonyms: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
      });
      expect(resources[0]!.configEntries.map((entry) => entry.configName)).toEqual(
        expect.arrayContaining([
          'cleanup.policy',
          'compression.type',
          'max.message.bytes',
          'message.timestamp.type',
          'retention.bytes',
          'retention.ms',
          'segment.bytes',
        ]),
      );
    });

    test('belong to a cluster that has a controller', async () => {
      const cluster = await (await admin()).describeCluster();
      expect(cluster.brokers).toHaveLength(1);
      expect(cluster.controller).toBe(cluster.brokers[0]!.nodeId);
      expect(cluster.clusterId).toMatch(/^[\w-]{22}$/);
      const [host, port] = broker().bootstrap.split(':');
      expect(cluster.brokers[0]).toMatchObject({ host, port: Number(port) });
    });
  });

  describe('messages', () => {
    test('come back as they were sent: key, value, headers, time, order', async () => {
      const topic = await createTopic(unique('exact'));
      const messages = [
        { key: 'k1', value: 'first', timestamp: '1700000000001', headers: { a: 'x', b: ['1', '2'] } },
        { key: Buffer.from([0, 255, 1]), value: Buffer.from([254, 0, 10]), timestamp: '1700000000002' },
        { key: null, value: '', timestamp: '1700000000003' },
        { key: 'gone', value: null, timestamp: '1700000000004' },
        { key: '', value: 'ünïcödé 🍱', timestamp: '1700000000005' },
      ];
      const [sent] = await (await producer()).send({ topic, messages });
      expect(sent).toMatchObject({ topicName: topic, partition: 0, errorCode: 0, baseOffset: '0' });
      const got = await consume([topic], 5);
      expect(got.map(({ message }) => message.offset)).toEqual(['0', '1', '2', '3', '4']);
      expect(got.map(({ message }) => message.timestamp)).toEqual(messages.map((message) => message.timestamp));
      expect(got.map(({ message }) => message.value)).toEqual(
        messages.map(({ value }) => (value === null ? null : Buffer.from(value))),
      );
      expect(got.map(({ message }) => message.key)).toEqual(
        messages.map(({ key }) => (key === null ? null : Buffer.from(key))),
      );
      expect(got[0]!.message.headers).toEqual({ a: Buffer.from('x'), b: [Buffer.from('1'), Buffer.from('2')] });
    });

    test.each([0, 1, -1])('arrive with acks %i', async (acks) => {
      const topic = await createTopic(unique('acks'));
      const sender = await producer();
      await sender.send({ topic, acks, messages: [{ value: 'one' }] });
      await sender.send({ topic, acks, messages: [{ value: 'two' }] });
      expect((await consume([topic], 2)).map(({ text }) => text)).toEqual(['one', 'two']);
    });

    test('that are compressed with gzip come back', async () => {
      const topic = await createTopic(unique('gzip'));
      const value = 'squeeze '.repeat(1000);
      await (await producer()).send({ topic, compression: CompressionTypes.GZIP, messages: [{ value }, { value }] });
      expect((await consume([topic], 2)).map(({ text }) => text)).toEqual([value, value]);
    });

    test('of several topics are sent in one request', async () => {
      const topics = [await createTopic(unique('batch'), 2), await createTopic(unique('batch'), 2)];
      await (
        await producer()
      ).sendBatch({
        topicMessages: topics.map((topic) => ({
          topic,
          messages: Array.from({ length: 20 }, (_, index) => ({ key: String(index), value: `${topic} ${index}` })),
        })),
      });
      const got = await consume(topics, 40);
      expect(new Set(got.map(({ text }) => text)).size).toBe(40);
    });

    test('with one key keep their partition and their order', async () => {
      const topic = await createTopic(unique('keyed'), 4);
      const sender = await producer();
      for (let batch = 0; batch < 5; batch++)
        await sender.send({
          topic,
          messages: Array.from({ length: 40 }, (_, index) => ({
            key: `k${index % 8}`,
            value: String(batch * 40 + index),
          })),
        });
      const got = await consume([topic], 200);
      for (let key = 0; key < 8; key++) {
        const ofKey = got.filter(({ message }) => message.key!.toString() === `k${key}`);
        expect(new Set(ofKey.map(({ partition }) => partition)).size).toBe(1);
        const values = ofKey.map(({ text }) => Number(text));
        expect(values).toEqual(values.toSorted((a, b) => a - b));
        expect(values).toHaveLength(25);
      }
    });

    test('that are too large are refused, the ones after them are not', async () => {
      const topic = await createTopic(unique('large'), 1, { 'max.message.bytes': '2000' });
      const sender = await producer();
      await expect(sender.send({ topic, messages: [{ value: 'x'.repeat(5000) }] })).rejects.toMatchObject({
        type: 'MESSAGE_TOO_LARGE',
      });
      await sender.send({ topic, messages: [{ value: 'small' }] });
      expect((await consume([topic], 1)).map(({ text }) => text)).toEqual(['small']);
    });

    test('of a megabyte pass by default', async () => {
      const topic = await createTopic(unique('megabyte'));
      const value = Buffer.alloc(1_000_000, 'z');
      await (await producer()).send({ topic, messages: [{ value }] });
      expect((await consume([topic], 1))[0]!.message.value!.equals(value)).toBe(true);
    });

    test('to a topic that is not there create it where clients may', async () => {
      const topic = unique('auto');
      await (await producer({ allowAutoTopicCreation: true })).send({ topic, messages: [{ value: 'made it' }] });
      expect((await consume([topic], 1)).map(({ text }) => text)).toEqual(['made it']);
    });

    test('get the time of the broker where the topic says so', async () => {
      const topic = await createTopic(unique('append-time'), 1, { 'message.timestamp.type': 'LogAppendTime' });
      const before = Date.now();
      await (await producer()).send({ topic, messages: [{ value: 'now', timestamp: '1000' }] });
      const [got] = await consume([topic], 1);
      expect(Number(got!.message.timestamp)).toBeGreaterThanOrEqual(before);
    });

    test('of an idempotent producer are each there once', async () => {
      const topic = await createTopic(unique('idempotent'), 2);
      const sender = await producer({ idempotent: true, maxInFlightRequests: 1 });
      for (let batch = 0; batch < 10; batch++)
        await sender.send({
          topic,
          messages: Array.from({ length: 10 }, (_, index) => ({ value: `${batch}.${index}` })),
        });
      const got = await consume([topic], 100);
      expect(new Set(got.map(({ text }) => text)).size).toBe(100);
    });
  });

  describe('offsets', () => {
    test('are listed: earliest, latest, by time', async () => {
      const topic = await createTopic(unique('offsets'));
      const sender = await producer();
      for (const second of [1, 2, 3])
        await sender.send({
          topic,
          messages: [{ value: String(second), timestamp: String(1_700_000_000_000 + second * 1000) }],
        });
      const connected = await admin();
      expect(await connected.fetchTopicOffsets(topic)).toEqual([{ partition: 0, offset: '3', low: '0', high: '3' }]);
      const at = async (timestamp: number) =>
        (await connected.fetchTopicOffsetsByTimestamp(topic, timestamp))[0]!.offset;
      expect(await at(1_700_000_000_000)).toBe('0');
      expect(await at(1_700_000_002_000)).toBe('1');
      expect(await at(1_700_000_002_001)).toBe('2');
      // later than every message: kafkajs gives the end
      expect(await at(1_800_000_000_000)).toBe('3');
    });

    test('move up when records are deleted', async () => {
      const topic = await createTopic(unique('delete-records'));
      await (
        await producer()
      ).send({ topic, messages: Array.from({ length: 10 }, (_, index) => ({ value: String(index) })) });
      const connected = await admin();
      // kafkajs deletes records only of a topic that it has looked up before
      await connected.fetchTopicOffsets(topic);
      await connected.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '7' }] });
      expect(await connected.fetchTopicOffsets(topic)).toEqual([{ partition: 0, offset: '10', low: '7', high: '10' }]);
      expect((await consume([topic], 3)).map(({ text }) => text)).toEqual(['7', '8', '9']);
    });

    test('can be sought to', async () => {
      const topic = await createTopic(unique('seek'));
      await (
        await producer()
      ).send({ topic, messages: Array.from({ length: 10 }, (_, index) => ({ value: String(index) })) });
      const got = await consume([topic], 4, {
        instance: (consumer) => consumer.seek({ topic, partition: 0, offset: '6' }),
      });
      expect(got.map(({ text }) => text)).toEqual(['6', '7', '8', '9']);
    });
  });

  describe('groups', () => {
    test('go on where they stopped', async () => {
      const topic = await createTopic(unique('resume'));
      const groupId = unique('resume');
      const sender = await producer();
      await sender.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] });
      expect((await consume([topic], 2, { groupId })).map(({ text }) => text)).toEqual(['a', 'b']);
      await sender.send({ topic, messages: [{ value: 'c' }] });
      expect((await consume([topic], 1, { groupId })).map(({ text }) => text)).toEqual(['c']);
      const committed = await (await admin()).fetchOffsets({ groupId, topics: [topic] });
      expect(committed).toEqual([{ topic, partitions: [{ partition: 0, offset: '3', metadata: null }] }]);
    });

    test('share the partitions among their members, and take over those of one who leaves', async () => {
      const topic = await createTopic(unique('shared'), 4);
      const groupId = unique('shared');
      const assigned = new Map<string, number[]>();
      const start = async (name: string): Promise<Consumer> => {
        const consumer = client().consumer({
          groupId,
          sessionTimeout: 10_000,
          heartbeatInterval: 200,
          rebalanceTimeout: 10_000,
          maxWaitTimeInMs: 200,
        });
        consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
          assigned.set(name, payload.memberAssignment[topic] ?? []);
        });
        await consumer.connect();
        await consumer.subscribe({ topics: [topic], fromBeginning: true });
        await consumer.run({ eachMessage: async () => undefined });
        return consumer;
      };
      const first = await start('first');
      await expect.poll(() => assigned.get('first')?.length, { timeout: 30_000 }).toBe(4);
      const second = await start('second');
      await expect
        .poll(() => [assigned.get('first')?.length, assigned.get('second')?.length], { timeout: 30_000 })
        .toEqual([2, 2]);
      expect([...assigned.values()].flat().toSorted()).toEqual([0, 1, 2, 3]);
      const { groups } = await (await admin()).describeGroups([groupId]);
      expect(groups[0]).toMatchObject({
        groupId,
        state: 'Stable',
        protocolType: 'consumer',
        protocol: 'RoundRobinAssigner',
      });
      expect(groups[0]!.members).toHaveLength(2);
      expect(groups[0]!.members[0]!.clientId).toBe('kafkajs-suite');
      await second.disconnect();
      await expect.poll(() => assigned.get('first')?.length, { timeout: 30_000 }).toBe(4);
      await first.disconnect();
    });

    test('are listed, moved and deleted', async () => {
      const topic = await createTopic(unique('moved'));
      const groupId = unique('moved');
      await (
        await producer()
      ).send({ topic, messages: Array.from({ length: 5 }, (_, index) => ({ value: String(index) })) });
      await consume([topic], 5, { groupId });
      const connected = await admin();
      expect((await connected.listGroups()).groups).toContainEqual({ groupId, protocolType: 'consumer' });
      expect((await connected.describeGroups([groupId])).groups[0]).toMatchObject({ state: 'Empty', members: [] });
      await connected.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '3' }] });
      expect((await consume([topic], 2, { groupId })).map(({ text }) => text)).toEqual(['3', '4']);
      await connected.resetOffsets({ groupId, topic, earliest: true });
      expect((await consume([topic], 5, { groupId })).map(({ text }) => text)).toEqual(['0', '1', '2', '3', '4']);
      await connected.deleteGroups([groupId]);
      expect((await connected.listGroups()).groups.map((group) => group.groupId)).not.toContain(groupId);
    });

    test('that are not there are dead, and cannot be deleted', async () => {
      const groupId = unique('nobody');
      const connected = await admin();
      expect((await connected.describeGroups([groupId])).groups[0]).toMatchObject({ state: 'Dead', members: [] });
      await expect(connected.deleteGroups([groupId])).rejects.toMatchObject({
        groups: [{ groupId, errorCode: 69 }],
      });
    });
  });

  describe('transactions', () => {
    test('show what they committed, and hide what they aborted', async () => {
      const topic = await createTopic(unique('tx'), 2);
      const sender = await transactional();
      for (const [value, ending] of [
        ['kept 1', 'commit'],
        ['dropped', 'abort'],
        ['kept 2', 'commit'],
      ] as const) {
        const transaction = await sender.transaction();
        await transaction.send({ topic, messages: [0, 1].map((partition) => ({ value, partition })) });
        await transaction[ending]();
      }
      const committed = await consume([topic], 4);
      expect(committed.map(({ text }) => text).toSorted()).toEqual(['kept 1', 'kept 1', 'kept 2', 'kept 2']);
      const all = await consume([topic], 6, { readUncommitted: true });
      expect(all.filter(({ text }) => text === 'dropped')).toHaveLength(2);
    });

    test('in flight hold back those who read what is committed', async () => {
      const topic = await createTopic(unique('tx-open'));
      const transaction = await (await transactional()).transaction();
      await transaction.send({ topic, messages: [{ value: 'in flight' }] });
      await (await producer()).send({ topic, messages: [{ value: 'behind it' }] });
      expect((await consume([topic], 2, { readUncommitted: true })).map(({ text }) => text)).toEqual([
        'in flight',
        'behind it',
      ]);
      const reading = consume([topic], 2);
      await transaction.commit();
      expect((await reading).map(({ text }) => text)).toEqual(['in flight', 'behind it']);
    });

    test('carry the offsets of what was read', async () => {
      const topic = await createTopic(unique('tx-offsets'));
      const groupId = unique('tx-offsets');
      const committed = async () =>
        (await (await admin()).fetchOffsets({ groupId, topics: [topic] }))[0]!.partitions[0]!.offset;
      const sender = await transactional();
      const send = async (offset: string, ending: 'commit' | 'abort'): Promise<void> => {
        const transaction = await sender.transaction();
        await transaction.sendOffsets({
          consumerGroupId: groupId,
          topics: [{ topic, partitions: [{ partition: 0, offset }] }],
        });
        await transaction[ending]();
      };
      await send('5', 'commit');
      await expect.poll(committed).toBe('5');
      await send('9', 'abort');
      expect(await committed()).toBe('5');
    });

    test('of a producer that was replaced are refused', async () => {
      const topic = await createTopic(unique('tx-fenced'));
      const transactionalId = unique('tx-fenced');
      const old = await transactional(transactionalId);
      const before = await old.transaction();
      await before.send({ topic, messages: [{ value: 'old' }] });
      const transaction = await (await transactional(transactionalId)).transaction();
      await transaction.send({ topic, messages: [{ value: 'new' }] });
      await expect(before.commit()).rejects.toMatchObject({
        type: expect.stringMatching(/INVALID_PRODUCER_EPOCH|PRODUCER_FENCED/),
      });
      await transaction.commit();
      expect((await consume([topic], 1)).map(({ text }) => text)).toEqual(['new']);
    });
  });

  describe('listeners', () => {
    const listTopics = async (options: Partial<KafkaConfig>): Promise<string[]> => {
      const connected = client(options).admin();
      try {
        await connected.connect();
        return await connected.listTopics();
      } finally {
        await connected.disconnect();
      }
    };
    const as = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', password: string): Partial<KafkaConfig> => ({
      brokers: [broker().saslBootstrap],
      sasl: { mechanism, username: user.name, password } as SASLOptions,
      retry: { retries: 0 },
    });

    test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('let in who logs in with %s', async (mechanism) => {
      const topic = await createTopic(unique('login'));
      expect(await listTopics(as(mechanism, user.password))).toContain(topic);
    });

    test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
      'keep out a wrong password: %s',
      async (mechanism) => {
        await expect(listTopics(as(mechanism, 'guess'))).rejects.toMatchObject({
          name: 'KafkaJSSASLAuthenticationError',
        });
      },
    );

    test('answer nobody who has not logged in', async () => {
      await expect(listTopics({ brokers: [broker().saslBootstrap], retry: { retries: 0 } })).rejects.toThrow();
    });

    test('speak TLS', async () => {
      const topic = await createTopic(unique('tls'));
      const ssl = { ca: [inject('toolchains').tls.cert] };
      expect(await listTopics({ brokers: [broker().tlsBootstrap], ssl })).toContain(topic);
    });
  });

  describe('a broker that is killed', () => {
    test('has kept what it acknowledged, and goes on where it was', async () => {
      const topic = await createTopic(unique('killed'), 2, { 'retention.ms': '12345678' });
      const groupId = unique('killed');
      const sender = await producer({ idempotent: true, maxInFlightRequests: 1 });
      const send = (values: readonly string[]) => sender.send({ topic, messages: values.map((value) => ({ value })) });
      const numbers = Array.from({ length: 400 }, (_, index) => String(index));
      await send(numbers.slice(0, 200));
      await consume([topic], 200, { groupId });
      await broker().restart();
      await send(numbers.slice(200));
      expect((await consume([topic], 200, { groupId })).map(({ text }) => text).toSorted()).toEqual(
        numbers.slice(200).toSorted(),
      );
      const all = await consume([topic], 400);
      expect(all.map(({ text }) => text).toSorted()).toEqual(numbers.toSorted());
    });

    test('still hides what was aborted, and ends what was open', async () => {
      const topic = await createTopic(unique('killed-tx'));
      const transactionalId = unique('killed-tx');
      const sender = await transactional(transactionalId);
      const aborted = await sender.transaction();
      await aborted.send({ topic, messages: [{ value: 'aborted' }] });
      await aborted.abort();
      const open = await sender.transaction();
      await open.send({ topic, messages: [{ value: 'open' }] });
      await broker().restart();
      // its successor takes over: what was open is aborted
      const next = await (await transactional(transactionalId)).transaction();
      await next.send({ topic, messages: [{ value: 'kept' }] });
      await next.commit();
      expect((await consume([topic], 1)).map(({ text }) => text)).toEqual(['kept']);
      expect((await consume([topic], 3, { readUncommitted: true })).map(({ text }) => text)).toEqual([
        'aborted',
        'open',
        'kept',
      ]);
    });
  });
});
