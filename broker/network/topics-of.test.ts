import { expect, test } from 'vitest';
import { apis } from '../apis/index.ts';
import { Catalog } from '../catalog/catalog.ts';
import { FetchSessions } from '../fetch/sessions.ts';
import { BufferPool } from '../log/buffer-pool.ts';
import { MemoryFiles } from '../log/memory-files.ts';
import { topicsOf } from './topics-of.ts';

const log = () => undefined;
const files = new MemoryFiles();
const options = { files, dataDir: '/data', pool: new BufferPool(), log, trustTail: true };
const catalog = new Catalog({ ...options, defaults: {}, partitionsMax: 10 });
catalog.create('orders', 1);
const topicId = catalog.named('orders')!.id;
const fetchSessions = new FetchSessions();

const asked = (key: number, body: object): string[] => {
  const api = apis.get(key)!;
  const request = { api, body, version: api.versions[1], correlationId: 1, clientId: 'c', kind: 'request' } as const;
  return [...topicsOf(request, { catalog, fetchSessions })];
};

test.each([
  [
    'Produce by name',
    0,
    { topicData: [{ name: 'orders', topicId: '', partitionData: [{ records: Buffer.from('x') }] }] },
  ],
  ['Produce by id', 0, { topicData: [{ name: '', topicId, partitionData: [] }] }],
  ['Fetch by id', 1, { sessionId: 0, topics: [{ topic: '', topicId, partitions: [] }] }],
  ['OffsetFetch of several groups', 9, { groups: [{ groupId: 'g', topics: [{ name: 'orders' }] }] }],
  [
    'AddPartitionsToTxn of several transactions',
    24,
    { transactions: [{ topics: [{ name: 'orders', partitions: [0] }] }] },
  ],
  ['DeleteTopics in its old form', 20, { topicNames: ['orders'] }],
])('%s', (_what, key, body) => {
  expect(asked(key, body)).toContain('orders');
});

test('a fetch that names nothing is about what its session is about', () => {
  const wanted = {
    partition: 0,
    fetchOffset: 0,
    maxBytes: 1,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    told: undefined,
  };
  const claim = { sessionId: 0, sessionEpoch: 0, forgotten: [], wanted: [{ ...wanted, topic: '', topicId }] };
  const answer = fetchSessions.resolve(claim);
  const sessionId = answer.kind === 'full' ? answer.session!.id : -1;
  expect(asked(1, { sessionId, topics: [] })).toEqual(['orders']);
  expect(asked(1, { sessionId: 99, topics: [] })).toEqual([]);
});
