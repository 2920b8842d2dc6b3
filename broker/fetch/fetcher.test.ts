import { expect, test } from 'vitest';
import { assemble } from '../broker.ts';
import type { Context } from '../context.ts';
import { accept } from '../log/accept.ts';
import { MemoryFiles } from '../log/memory-files.ts';
import { makeBatch } from '../log/testing.ts';
import { ZERO_UUID } from '../protocol/fields.ts';
import { Fetcher, type FetchRequest } from './fetcher.ts';

const setUp = () => {
  const dataDir = { clusterId: 'c', trustTail: true, stopped: () => undefined };
  const services = assemble({ dataDir: '/data', port: 0, log: () => undefined }, new MemoryFiles(), dataDir);
  const created = services.catalog.create('t', 1);
  if (created.kind === 'refused') throw new Error(created.message);
  const { topic } = created;
  const waits = new Set<() => void>();
  const context: Context = {
    services,
    peer: { host: '', endpoint: { host: '', port: 0 }, authentication: undefined, waits },
    clientId: 'c',
    version: 12,
    afterwards: (action) => action(),
    hangUp: () => undefined,
  };
  const append = (): void => {
    const bytes = makeBatch([{ key: 'k', value: 'x'.repeat(100) }], Date.now());
    expect(accept(topic.logs[0]!, bytes, topic.settings, Date.now()).kind).toBe('appended');
  };
  const fetch = (minBytes: number) => {
    const partition = {
      partition: 0,
      fetchOffset: 0,
      partitionMaxBytes: 1e6,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    };
    const request: FetchRequest = {
      maxWaitMs: 600_000,
      minBytes,
      maxBytes: 1e6,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [{ topic: 't', topicId: ZERO_UUID, partitions: [partition] }],
      forgottenTopicsData: [],
    };
    return new Fetcher(request, context).run();
  };
  return { services, topic, waits, append, fetch };
};

test('a fetch that waits is answered as soon as old and new records together are enough', async () => {
  const { topic, append, fetch } = setUp();
  append();
  const enough = Math.ceil(topic.logs[0]!.sizeBytes * 1.5);
  const answer = fetch(enough);
  append();
  expect((await answer).responses[0]?.partitions[0]?.records.length).toBe(topic.logs[0]!.sizeBytes);
});

test('a fetch that waits for a topic is answered when that is deleted', async () => {
  const { services, topic, waits, fetch } = setUp();
  const answer = fetch(1);
  expect(waits.size).toBe(1);
  services.catalog.delete(topic);
  expect((await answer).responses[0]?.partitions[0]?.errorCode).toBe(3);
  expect(waits.size).toBe(0);
});
