import { expect, test } from 'vitest';
import { Catalog } from '../catalog/catalog.ts';
import { BufferPool } from '../log/buffer-pool.ts';
import { MemoryFiles } from '../log/memory-files.ts';
import { GroupCoordinator } from './coordinator.ts';

const RETENTION_MS = 1000;

const setUp = (files = new MemoryFiles(), startedAtMs = 0) => {
  const log = () => undefined;
  const dataDir = '/data';
  const pool = new BufferPool();
  const catalog = new Catalog({ files, dataDir, pool, log, trustTail: true, defaults: {}, partitionsMax: 100 });
  const groups = new GroupCoordinator(files, dataDir, catalog, {
    log,
    now: () => startedAtMs,
    consumer: { sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5000 },
    initialDelayMs: 0,
    sessionTimeoutMinMs: 6000,
    sessionTimeoutMaxMs: 60_000,
    offsetsRetentionMs: RETENTION_MS,
  });
  return { files, groups };
};

const at = (committedAtMs: number) => ({
  topic: 't',
  partition: 0,
  offset: 7,
  leaderEpoch: 0,
  metadata: '',
  committedAtMs,
});

const beat = (groups: GroupCoordinator, memberEpoch: number): void =>
  void groups.consumer('g', true)!.consumerHeartbeat({
    memberId: 'm',
    memberEpoch,
    instanceId: null,
    rackId: null,
    clientId: 'client',
    clientHost: '/127.0.0.1',
    rebalanceTimeoutMs: 60_000,
    subscribedTopicNames: ['t'],
    subscribedTopicRegex: null,
    serverAssignor: null,
    topicPartitions: [],
  });

test('offsets of a group without members go when their retention is over', () => {
  const { groups } = setUp();
  groups.offsets.commit('g', [at(0)]);
  groups.expire(RETENTION_MS);
  expect(groups.find('g')).toBeDefined();
  groups.expire(RETENTION_MS + 1);
  expect(groups.find('g')).toBeUndefined();
});

test('a group that had nothing new to commit keeps its offsets for the whole retention after its last member', () => {
  const { groups } = setUp();
  groups.offsets.commit('g', [at(0)]);
  beat(groups, 0);
  groups.expire(5000);
  beat(groups, -1);
  groups.expire(5000 + RETENTION_MS);
  expect(groups.offsets.get('g', { topic: 't', partition: 0 })?.offset).toBe(7);
  groups.expire(5001 + RETENTION_MS);
  expect(groups.find('g')).toBeUndefined();
});

test('after a start the members of old have the time of retention to come back', () => {
  const first = setUp();
  first.groups.offsets.commit('g', [at(0)]);
  first.groups.close();
  const { groups } = setUp(first.files, 9000);
  groups.expire(9010);
  expect(groups.offsets.has('g')).toBe(true);
});

test('offsets that wait for their transaction are not forgotten with a group that has no others', () => {
  const { groups } = setUp();
  beat(groups, 0);
  beat(groups, -1);
  groups.offsets.commitPending('g', 1, [at(0)]);
  groups.expire(9000);
  groups.offsets.endTransaction('g', 1, true);
  expect(groups.offsets.get('g', { topic: 't', partition: 0 })?.offset).toBe(7);
});
