import { Kafka, logLevel } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ErrorCode } from '../errors.ts';
import { frame, rawClient } from '../network/raw-client.ts';
import { Reader } from '../protocol/reader.ts';
import { Writer } from '../protocol/writer.ts';
import { startTestBroker, type TestBroker } from '../testing.ts';
import { apis } from './index.ts';

let one: TestBroker;
beforeEach(async () => {
  one = await startTestBroker();
});
afterEach(() => one.end());

/** Sends one request, and gives its answer as an object. */
const ask = async (key: number, version: number, body: object): Promise<object> => {
  const api = apis.get(key)!;
  const isFlexible = version >= api.flexibleSince;
  const writer = new Writer();
  if (isFlexible) writer.unsignedVarint(0);
  api.requestCodec(version).write(writer, body);
  const client = await rawClient(one.broker.port);
  client.send(frame(key, version, Buffer.concat(writer.finish())));
  const answer = await client.answer();
  client.socket.destroy();
  return api.responseCodec(version).read(new Reader(answer!.subarray(isFlexible ? 5 : 4)));
};

const HEARTBEAT = 12;
const beat = { groupId: 'g', memberId: 'm', memberEpoch: 0, subscribedTopicNames: ['t'], topicPartitions: [] };
const joinAs = (memberId: string, change: object = {}) => ask(68, 1, { ...beat, memberId, ...change });

const offset = { partitionIndex: 0, committedOffset: 5, committedMetadata: '' };
const commit = (version: number, groupId: string, generationIdOrMemberEpoch: number) =>
  ask(8, version, {
    groupId,
    memberId: 'm',
    generationIdOrMemberEpoch,
    topics: [{ name: 't', partitions: [offset] }],
  });
const committed = (errorCode: number) => ({ topics: [{ partitions: [{ errorCode }] }] });

describe('groups, as requests see them', () => {
  beforeEach(() =>
    ask(19, 5, {
      topics: [{ name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 1000,
      validateOnly: false,
    }),
  );

  test('a subscription that RE2 cannot read is refused with its words', async () => {
    const subscribedTopicRegex = '(?=t)t';
    expect(await joinAs('m', { subscribedTopicNames: null, subscribedTopicRegex })).toMatchObject({
      errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION,
      errorMessage:
        'SubscribedTopicRegex `(?=t)t` is not a valid regular expression: invalid or unsupported Perl syntax.',
    });
  });

  test('who joins with an unknown assignor, or subscribed to nothing, is refused, and nothing has changed', async () => {
    const errorCode = ErrorCode.UNSUPPORTED_ASSIGNOR;
    expect(await joinAs('m', { serverAssignor: 'mine' })).toMatchObject({ errorCode });
    expect(await joinAs('m', { subscribedTopicNames: null })).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST });
    expect(await ask(16, 5, { statesFilter: [], typesFilter: [] })).toMatchObject({ groups: [] });
  });

  test('transactions are listed by regular expressions of the same kind', async () => {
    const list = (transactionalIdPattern: string) =>
      ask(66, 2, { stateFilters: [], producerIdFilters: [], transactionalIdPattern });
    await ask(22, 4, { transactionalId: 'Orders', transactionTimeoutMs: 1000 });
    expect(await list('(?i)orders')).toMatchObject({ transactionStates: [{ transactionalId: 'Orders' }] });
    expect(await list('Order')).toMatchObject({ errorCode: ErrorCode.NONE, transactionStates: [] });
    expect(await list('(o)\\1')).toMatchObject({ errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION });
  });

  test('members of the new protocol are removed by their ids, or by their instance ids', async () => {
    await joinAs('dynamic');
    await joinAs('static', { instanceId: 'i' });
    const members = [
      { memberId: 'dynamic', groupInstanceId: null },
      { memberId: 'other', groupInstanceId: 'i' },
      { memberId: '', groupInstanceId: 'i' },
      { memberId: '', groupInstanceId: 'nobody' },
      { memberId: 'dynamic', groupInstanceId: null },
    ];
    const { NONE, FENCED_INSTANCE_ID, UNKNOWN_MEMBER_ID } = ErrorCode;
    expect(await ask(13, 5, { groupId: 'g', members })).toMatchObject({
      errorCode: NONE,
      members: [NONE, FENCED_INSTANCE_ID, NONE, UNKNOWN_MEMBER_ID, UNKNOWN_MEMBER_ID].map((errorCode) => ({
        errorCode,
      })),
    });
    expect(await ask(69, 1, { groupIds: ['g'], includeAuthorizedOperations: false })).toMatchObject({
      groups: [{ groupState: 'Empty', members: [] }],
    });
  });

  test('one request may remove the last member of the new protocol and classic ones with it', async () => {
    await joinAs('new');
    const metadata = Buffer.from([0, 0, 0, 0, 0, 1, 0, 1, 0x74, 255, 255, 255, 255]);
    const protocols = [{ name: 'range', metadata }];
    const join = { groupId: 'g', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId: '', protocols };
    const answers = await Promise.all([1, 2].map(() => ask(11, 3, { ...join, protocolType: 'consumer' })));
    expect(answers).toMatchObject([{ errorCode: 0 }, { errorCode: 0 }]);
    expect(await ask(69, 1, { groupIds: ['g'], includeAuthorizedOperations: false })).toMatchObject({
      groups: [{ members: [{ memberType: 1 }, { memberType: 0 }, { memberType: 0 }] }],
    });
    const members = [{ memberId: 'new' }, ...answers].map((one) => ({ ...one, groupInstanceId: null }));
    expect(await ask(13, 5, { groupId: 'g', members: members.slice(0, 2) })).toMatchObject({
      members: [{ errorCode: ErrorCode.NONE }, { errorCode: ErrorCode.NONE }],
    });
    const described = await ask(15, 5, { groups: ['g'], includeAuthorizedOperations: false });
    expect(described).toMatchObject({ groups: [{ groupState: 'PreparingRebalance', members: [{}] }] });
  });

  test('a consumer of kafkajs shares its work with a member of the new protocol, and takes all back', async () => {
    await ask(37, 1, { topics: [{ name: 't', count: 4, assignments: null }], timeoutMs: 1000, validateOnly: false });
    const consumer = new Kafka({ brokers: one.brokers, logLevel: logLevel.NOTHING }).consumer({
      groupId: 'g',
      heartbeatInterval: 50,
      maxWaitTimeInMs: 50,
      rebalanceTimeout: 5000,
    });
    let partitions: readonly number[] = [];
    consumer.on('consumer.group_join', ({ payload }) => void (partitions = payload.memberAssignment['t'] ?? []));
    await consumer.subscribe({ topics: ['t'] });
    await consumer.run({ eachMessage: async () => undefined });
    await expect.poll(() => partitions.length, { timeout: 5000 }).toBe(4);
    const joined = await joinAs('new');
    await expect.poll(() => partitions.length, { timeout: 5000 }).toBe(2);
    const stay = { ...joined, groupId: 'g', subscribedTopicNames: null, topicPartitions: null };
    expect(await ask(68, 1, stay)).toMatchObject({ assignment: { topicPartitions: [{ partitions: [{}, {}] }] } });
    await ask(68, 1, { ...stay, memberEpoch: -1 });
    await expect.poll(() => partitions.length, { timeout: 5000 }).toBe(4);
    await consumer.disconnect();
  }, 20_000);

  test('the empty group id is refused, but for commits', async () => {
    const errorCode = ErrorCode.INVALID_GROUP_ID;
    expect(await ask(HEARTBEAT, 4, { groupId: '', generationId: 1, memberId: 'm' })).toMatchObject({ errorCode });
    const sync = { groupId: '', generationId: 1, memberId: 'm', protocolType: 'consumer', protocolName: 'range' };
    expect(await ask(14, 5, { ...sync, assignments: [] })).toMatchObject({ errorCode });
    const members = [{ memberId: 'm', groupInstanceId: null }];
    expect(await ask(13, 5, { groupId: '', members })).toMatchObject({ errorCode, members: [] });
    expect(await commit(9, '', -1)).toMatchObject(committed(ErrorCode.NONE));
    expect(await commit(9, '', 1)).toMatchObject(committed(ErrorCode.UNKNOWN_MEMBER_ID));
  });

  test('a commit to a group that nobody knows says so to clients that understand it', async () => {
    expect(await commit(9, 'unknown', 3)).toMatchObject(committed(ErrorCode.GROUP_ID_NOT_FOUND));
    expect(await commit(8, 'unknown', 3)).toMatchObject(committed(ErrorCode.ILLEGAL_GENERATION));
  });

  test('from version 5 on, who asks for its assignment says under which protocol', async () => {
    const sync = { groupId: 'g', generationId: 1, memberId: 'm', assignments: [] };
    expect(await ask(14, 5, sync)).toMatchObject({ errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL });
    expect(await ask(14, 4, sync)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
  });

  test('a group in which offsets wait for their transaction is known, and has no members', async () => {
    const made = await ask(22, 4, { transactionalId: 'tx', transactionTimeoutMs: 60_000 });
    const transaction = { ...made, transactionalId: 'tx', groupId: 'pending' };
    await ask(25, 3, transaction);
    const commitAs = (memberId: string, generationId: number) =>
      ask(28, 3, { ...transaction, memberId, generationId, topics: [{ name: 't', partitions: [offset] }] });
    expect(await commitAs('m', 3)).toMatchObject(committed(ErrorCode.ILLEGAL_GENERATION));
    expect(await commitAs('', -1)).toMatchObject(committed(ErrorCode.NONE));
    expect(await commitAs('m', 3)).toMatchObject(committed(ErrorCode.UNKNOWN_MEMBER_ID));
  });
});
