/** What the broker is doing, as plain data. Counters count from the start of the process. */
import type { Services } from './context.ts';

export interface TopicMetrics {
  readonly partitions: number;
  readonly messagesIn: number;
  readonly bytesIn: number;
  readonly messagesOut: number;
  readonly bytesOut: number;
  readonly sizeBytes: number;
  /** By partition. */
  readonly startOffsets: readonly number[];
  readonly endOffsets: readonly number[];
}

export interface GroupMetrics {
  readonly state: string;
  readonly members: number;
  /** Messages between what the group has committed and the end, over all partitions it has committed for. */
  readonly lagMessages: number;
}

export interface BrokerMetrics {
  readonly connections: number;
  readonly requests: number;
  readonly messagesIn: number;
  readonly bytesIn: number;
  readonly messagesOut: number;
  readonly bytesOut: number;
  readonly topics: Readonly<Record<string, TopicMetrics>>;
  readonly groups: Readonly<Record<string, GroupMetrics>>;
}

interface Counting {
  readonly connectionCount: number;
  readonly requests: number;
}

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

export const measure = (services: Services, listeners: readonly Counting[]): BrokerMetrics => {
  const topics = [...services.catalog.all()];
  return {
    connections: sum(listeners.map((one) => one.connectionCount)),
    requests: sum(listeners.map((one) => one.requests)),
    messagesIn: sum(topics.map((one) => one.counters.messagesIn)),
    bytesIn: sum(topics.map((one) => one.counters.bytesIn)),
    messagesOut: sum(topics.map((one) => one.counters.messagesOut)),
    bytesOut: sum(topics.map((one) => one.counters.bytesOut)),
    topics: Object.fromEntries(
      topics.map((topic) => [
        topic.name,
        {
          partitions: topic.logs.length,
          ...topic.counters,
          sizeBytes: sum(topic.logs.map((log) => log.sizeBytes)),
          startOffsets: topic.logs.map((log) => log.startOffset),
          endOffsets: topic.logs.map((log) => log.nextOffset),
        },
      ]),
    ),
    groups: Object.fromEntries(
      services.groups.all().map((group) => {
        const lags = services.groups.offsets.all(group.groupId).map(({ topic, partition, offset }) => {
          const log = services.catalog.named(topic)?.logs[partition];
          return log === undefined ? 0 : Math.max(0, log.nextOffset - Math.max(offset, log.startOffset));
        });
        return [group.groupId, { state: group.phase, members: group.members.size, lagMessages: sum(lags) }];
      }),
    ),
  };
};
