/** Topics and their configurations under requests that well-behaved clients do not send: as Apache Kafka 4.1 answers. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ErrorCode } from '../errors.ts';
import { ask } from '../network/raw-client.ts';
import { ZERO_UUID } from '../protocol/fields.ts';
import { startTestBroker, type TestBroker } from '../testing.ts';
import { alterConfigs } from './alter-configs.ts';
import { createPartitions } from './create-partitions.ts';
import { createTopics } from './create-topics.ts';
import { deleteTopics } from './delete-topics.ts';
import { describeConfigs } from './describe-configs.ts';
import { incrementalAlterConfigs } from './incremental-alter-configs.ts';
import { metadata } from './metadata.ts';

const TOPIC = 2;
const BROKER = 4;
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3];

let broker: TestBroker['broker'];
let end: TestBroker['end'];
beforeEach(async () => ({ broker, end } = await startTestBroker()));
afterEach(() => end());

const wanted = (name: string, more: object = {}) => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...more,
});
const create = (topics: object[], more: object = {}) =>
  ask(broker.port, createTopics, 7, { topics, timeoutMs: 5000, validateOnly: false, ...more });
const createWith = (configs: Record<string, string | null>) =>
  create([wanted('t', { configs: Object.entries(configs).map(([name, value]) => ({ name, value })) })], {
    validateOnly: true,
  });
const names = () => Object.keys(broker.metrics().topics);
const alter = (resources: object[]) =>
  ask(broker.port, incrementalAlterConfigs, 1, {
    resources: resources.map((one) => ({ resourceType: TOPIC, resourceName: 't', ...one })),
    validateOnly: false,
  });
const set = (name: string, configOperation: number | undefined, value: string | null) => ({
  configs: [{ name, configOperation, value }],
});
const describeOne = (resourceType: number, resourceName: string, configurationKeys: string[] | null = null) =>
  ask(broker.port, describeConfigs, 4, {
    resources: [{ resourceType, resourceName, configurationKeys }],
    includeSynonyms: true,
  });

describe('CreateTopics', () => {
  test('a name that is given twice is created not at all, and answered once', async () => {
    expect(await create([wanted('a'), wanted('b'), wanted('a')])).toMatchObject({
      topics: [
        { name: 'a', errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.', configs: [] },
        { name: 'b', errorCode: ErrorCode.NONE },
      ],
    });
    expect(names()).toEqual(['b']);
  });

  test('a name that differs from an existing one in . and _ only is refused', async () => {
    await create([wanted('a.b_c')]);
    expect(await create([wanted('a_b.c')])).toMatchObject({
      topics: [
        {
          errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION,
          errorMessage: "Topic 'a_b.c' collides with existing topic: a.b_c",
        },
      ],
    });
    expect(await create([wanted('a.b_c')])).toMatchObject({ topics: [{ errorCode: ErrorCode.TOPIC_ALREADY_EXISTS }] });
  });

  test("Kafka's internal topics are refused, also where Metadata would create them", async () => {
    const errorCode = ErrorCode.INVALID_TOPIC_EXCEPTION;
    const [offsets, transactions] = ['__consumer_offsets', '__transaction_state'];
    expect(await create([wanted(offsets!), wanted(transactions!)])).toMatchObject({
      topics: [
        { errorCode, errorMessage: expect.stringContaining('internal') },
        { errorCode, errorMessage: expect.stringContaining('journals') },
      ],
    });
    const topics = [{ name: offsets, topicId: ZERO_UUID }];
    expect(await ask(broker.port, metadata, 12, { topics, includeTopicAuthorizedOperations: false })).toMatchObject({
      topics: [{ name: offsets, errorCode }],
    });
    expect(names()).toEqual([]);
  });

  test.each([
    ['partitions beside an assignment', { numPartitions: 2, replicationFactor: -1 }, ErrorCode.INVALID_REQUEST],
    ['a replication factor beside an assignment', { numPartitions: -1 }, ErrorCode.INVALID_REQUEST],
    ['an assignment alone', { numPartitions: -1, replicationFactor: -1 }, ErrorCode.NONE],
  ])('%s', async (_what, numbers, errorCode) => {
    const assignments = [{ partitionIndex: 0, brokerIds: [1] }];
    expect(await create([wanted('t', { assignments, ...numbers })])).toMatchObject({ topics: [{ errorCode }] });
  });

  test('one whose time is over is refused, and so are the other changes', async () => {
    const late = { errorCode: ErrorCode.REQUEST_TIMED_OUT };
    expect(await create([wanted('a')], { timeoutMs: 0 })).toMatchObject({ topics: [late] });
    await create([wanted('b')]);
    const topics = [{ name: 'b', count: 2, assignments: null }];
    const growing = { topics, timeoutMs: 0, validateOnly: false };
    expect(await ask(broker.port, createPartitions, 3, growing)).toMatchObject({ results: [late] });
    const deletion = { topics: [{ name: 'b', topicId: ZERO_UUID }], timeoutMs: 0 };
    expect(await ask(broker.port, deleteTopics, 6, deletion)).toMatchObject({ responses: [late] });
    expect(names()).toEqual(['b']);
  });

  test('one that is only checked is answered with an id, too', async () => {
    const answer = await create([wanted('t')], { validateOnly: true });
    expect(answer).toMatchObject({
      topics: [{ errorCode: ErrorCode.NONE, topicId: expect.not.stringMatching(/^0+$/) }],
    });
    expect(names()).toEqual([]);
  });

  test.each<[config: Record<string, string | null>, errorCode: number]>([
    [{ 'retention.ms': null }, ErrorCode.INVALID_CONFIG],
    [{ 'segment.bytes': '1048575' }, ErrorCode.INVALID_CONFIG],
    [{ 'min.compaction.lag.ms': '100', 'max.compaction.lag.ms': '10' }, ErrorCode.INVALID_CONFIG],
    [{ 'compression.gzip.level': '0' }, ErrorCode.INVALID_CONFIG],
    [{ 'remote.storage.enable': 'true' }, ErrorCode.INVALID_CONFIG],
    [{ 'leader.replication.throttled.replicas': '0:1,*' }, ErrorCode.INVALID_CONFIG],
    [{ 'retention.ms': '' }, ErrorCode.INVALID_CONFIG],
    [{ 'flush.messages': '0' }, ErrorCode.INVALID_CONFIG],
    [{ 'segment.index.bytes': '2147483648' }, ErrorCode.INVALID_CONFIG],
    [{ 'cleanup.policy': 'Compact' }, ErrorCode.INVALID_CONFIG],
    [{ 'min.cleanable.dirty.ratio': '1.5' }, ErrorCode.INVALID_CONFIG],
    [{ kind: 'refused' }, ErrorCode.INVALID_CONFIG],
    [{ 'compression.gzip.level': '-1', 'compression.lz4.level': '17', 'compression.zstd.level': '-5' }, ErrorCode.NONE],
    [{ 'leader.replication.throttled.replicas': '*' }, ErrorCode.NONE],
    [{ 'follower.replication.throttled.replicas': '0:1, 1:1' }, ErrorCode.NONE],
    [{ 'local.retention.ms': '1000', 'local.retention.bytes': '-2' }, ErrorCode.NONE],
    [{ 'remote.storage.enable': 'false', 'remote.log.copy.disable': 'true' }, ErrorCode.NONE],
    [{ 'unclean.leader.election.enable': 'TRUE', 'min.cleanable.dirty.ratio': '1e-2' }, ErrorCode.NONE],
    [{ 'retention.ms': ' 5000 ', 'retention.bytes': '-5' }, ErrorCode.NONE],
    [{ 'cleanup.policy': '' }, ErrorCode.NONE],
    [{ 'cleanup.policy': 'compact, delete' }, ErrorCode.NONE],
  ])('with %j: %i', async (config, errorCode) => {
    expect(await createWith(config)).toMatchObject({ topics: [{ errorCode }] });
  });

  test('values are shown in their plain form', async () => {
    const config = { 'cleanup.policy': 'compact , delete', preallocate: 'True', 'min.cleanable.dirty.ratio': '1' };
    expect(await createWith(config)).toMatchObject({
      topics: [
        {
          configs: expect.arrayContaining([
            expect.objectContaining({ name: 'cleanup.policy', value: 'compact,delete' }),
            expect.objectContaining({ name: 'preallocate', value: 'true' }),
            expect.objectContaining({ name: 'min.cleanable.dirty.ratio', value: '1.0' }),
          ]),
        },
      ],
    });
  });
});

describe('DeleteTopics', () => {
  const remove = (topics: object[]) => ask(broker.port, deleteTopics, 6, { topics, timeoutMs: 5000 });
  const idOf = async (name: string): Promise<unknown> => {
    const answer = await create([wanted(name)]);
    return 'topics' in answer && Array.isArray(answer.topics) ? answer.topics[0].topicId : undefined;
  };

  test('what is named twice, in whatever way, is answered once and stays', async () => {
    const topicId = await idOf('t');
    const errorCode = ErrorCode.INVALID_REQUEST;
    const [byName, byId, byBoth] = [
      { name: 't', topicId: ZERO_UUID },
      { name: null, topicId },
      { name: 't', topicId },
    ];
    expect(await remove([byName, byName])).toMatchObject({ responses: [{ ...byName, errorCode }] });
    expect(await remove([byId, byId])).toMatchObject({ responses: [{ ...byId, errorCode }] });
    expect(await remove([byId, byName])).toMatchObject({ responses: [{ ...byBoth, errorCode }] });
    expect(await remove([byBoth])).toMatchObject({ responses: [{ ...byBoth, errorCode }] });
    expect(await remove([{ name: null, topicId: ZERO_UUID }])).toMatchObject({ responses: [{ errorCode }] });
    const older = { topicNames: ['t', 't'], timeoutMs: 5000 };
    expect(await ask(broker.port, deleteTopics, 3, older)).toMatchObject({ responses: [{ name: 't', errorCode }] });
    expect(names()).toEqual(['t']);
    expect(await remove([byId])).toMatchObject({ responses: [{ ...byBoth, errorCode: ErrorCode.NONE }] });
  });
});

test('CreatePartitions: a topic that is named twice does not grow', async () => {
  await create([wanted('t')]);
  const topics = [2, 3].map((count) => ({ name: 't', count, assignments: null }));
  const answer = await ask(broker.port, createPartitions, 3, { topics, timeoutMs: 5000, validateOnly: false });
  expect(answer).toMatchObject({ results: [{ name: 't', errorCode: ErrorCode.INVALID_REQUEST }] });
  expect(broker.metrics().topics['t']?.partitions).toBe(1);
});

describe('changing configurations', () => {
  beforeEach(() => create([wanted('t')]));

  test.each<[what: string, resources: object[], errorCodes: number[]]>([
    ['a resource twice', [set('retention.ms', SET, '5'), set('segment.ms', SET, '5')], [42, 42]],
    [
      'a key twice',
      [{ configs: [...set('retention.ms', SET, '5').configs, ...set('retention.ms', DELETE, null).configs] }],
      [42],
    ],
    ['no value', [set('retention.ms', SET, null)], [42]],
    ['an unknown operation', [set('retention.ms', 9, '5')], [42]],
    ['a broker', [{ ...set('log.retention.ms', SET, '5'), resourceType: BROKER, resourceName: '1' }], [42]],
    ['an unknown key', [set('no.such.key', SET, '5')], [40]],
    ['an unknown key, taken back', [set('no.such.key', DELETE, null)], [0]],
    ['adding to what is no list', [set('retention.ms', APPEND, '5')], [40]],
    ['an unknown topic', [{ ...set('retention.ms', SET, '5'), resourceName: 'other' }], [3]],
    ['an invalid name', [{ ...set('retention.ms', SET, '5'), resourceName: 'no name' }], [17]],
    ['no policy', [set('cleanup.policy', SET, '')], [0]],
  ])('%s', async (_what, resources, errorCodes) => {
    expect(await alter(resources)).toMatchObject({ responses: errorCodes.map((errorCode) => ({ errorCode })) });
  });

  test('values are added to a list and taken away, down to the last', async () => {
    const policy = async () => {
      const answer = await describeOne(TOPIC, 't', ['cleanup.policy']);
      return JSON.stringify(answer).match(/"value":"([^"]*)"/)?.[1];
    };
    await alter([set('cleanup.policy', APPEND, 'compact')]);
    expect(await policy()).toBe('delete,compact');
    await alter([set('cleanup.policy', SUBTRACT, 'delete')]);
    expect(await policy()).toBe('compact');
    await alter([set('cleanup.policy', SUBTRACT, 'compact')]);
    expect(await policy()).toBe('');
    await alter([set('cleanup.policy', DELETE, null)]);
    expect(await policy()).toBe('delete');
  });

  test.each([
    ['no value', [{ name: 'retention.ms', value: null }], ErrorCode.INVALID_REQUEST],
    ['a key twice', ['5', '6'].map((value) => ({ name: 'retention.ms', value })), ErrorCode.INVALID_REQUEST],
    ['a value', [{ name: 'retention.ms', value: '5' }], ErrorCode.NONE],
  ])('the whole at once: %s', async (_what, configs, errorCode) => {
    const resources = [{ resourceType: TOPIC, resourceName: 't', configs }];
    const answer = await ask(broker.port, alterConfigs, 2, { resources, validateOnly: false });
    expect(answer).toMatchObject({ responses: [{ errorCode }] });
  });
});

describe('DescribeConfigs', () => {
  beforeEach(() => create([wanted('t')]));

  test.each<[type: number, name: string, errorCode: number]>([
    [TOPIC, '', ErrorCode.INVALID_TOPIC_EXCEPTION],
    [TOPIC, 'no name', ErrorCode.INVALID_TOPIC_EXCEPTION],
    [TOPIC, 'other', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    [BROKER, '2', ErrorCode.INVALID_REQUEST],
    [BROKER, 'abc', ErrorCode.INVALID_REQUEST],
    [BROKER, '', ErrorCode.NONE],
    [8, '1', ErrorCode.INVALID_REQUEST],
    [9, 'x', ErrorCode.INVALID_REQUEST],
  ])('type %i, name %j: %i', async (type, name, errorCode) => {
    expect(await describeOne(type, name)).toMatchObject({ results: [{ errorCode, configs: [] }] });
  });

  test('no keys are all keys', async () => {
    expect(await describeOne(TOPIC, 't', [])).toEqual(await describeOne(TOPIC, 't'));
    expect(await describeOne(TOPIC, 't')).toMatchObject({
      results: [{ configs: expect.arrayContaining([expect.objectContaining({ name: 'retention.ms' })]) }],
    });
  });

  test("a key has Kafka's type, and the broker's default under its name there", async () => {
    const described = await describeOne(TOPIC, 't', [
      'max.message.bytes',
      'min.cleanable.dirty.ratio',
      'remote.storage.enable',
    ]);
    expect(described).toMatchObject({
      results: [
        {
          configs: [
            { configType: 3, synonyms: [{ name: 'message.max.bytes', value: '1048588', source: 5 }] },
            { configType: 6, synonyms: [{ name: 'log.cleaner.min.cleanable.ratio', value: '0.5', source: 5 }] },
            { configType: 1, configSource: 5, synonyms: [] },
          ],
        },
      ],
    });
    expect(await describeOne(BROKER, '1', ['message.max.bytes'])).toMatchObject({
      results: [{ configs: [{ value: '1048588', readOnly: true }] }],
    });
  });
});
