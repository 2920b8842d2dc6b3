/** A member of a group of the new protocol (KIP-848): what it says, what it is told, and what is kept about it. */
import { parsePartition, partitionKey } from './assignors.ts';
import type { TopicPattern } from './topic-pattern.ts';

export interface ConsumerHeartbeat {
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  /** null: as before */
  readonly subscribedTopicNames: readonly string[] | null;
  /** Topics by regular expression besides; an empty one: no more. */
  readonly subscribedTopicRegex: TopicPattern | null;
  readonly serverAssignor: string | null;
  readonly topicPartitions: readonly { readonly topicId: string; readonly partitions: readonly number[] }[] | null;
}

export interface ConsumerHeartbeatAnswer {
  readonly errorCode: number;
  readonly errorMessage?: string | null;
  readonly memberId: string | null;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  readonly assignment: { topicPartitions: { topicId: string; partitions: number[] }[] } | null;
}

export interface ConsumerMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  epoch: number;
  previousEpoch: number;
  rebalanceTimeoutMs: number;
  topicNames: readonly string[];
  topicRegex: TopicPattern | null;
  assignor: string | null;
  /** What it may work on. */
  assigned: Set<string>;
  /** What it has to give up, and has not yet said that it did. */
  revoking: Set<string>;
  target: Set<string>;
  /** What it was told last, to tell it only what is new. */
  told: string;
  session: NodeJS.Timeout | undefined;
  revocation: NodeJS.Timeout | undefined;
}

/** A member as it joins; a static one takes over what its earlier incarnation had. */
export const newMember = (
  memberId: string,
  request: ConsumerHeartbeat,
  predecessor: ConsumerMember | undefined,
): ConsumerMember => ({
  memberId,
  instanceId: request.instanceId,
  rackId: request.rackId,
  clientId: request.clientId,
  clientHost: request.clientHost,
  epoch: 0,
  previousEpoch: 0,
  rebalanceTimeoutMs: request.rebalanceTimeoutMs,
  topicNames: [],
  topicRegex: null,
  assignor: null,
  assigned: new Set(predecessor?.assigned),
  revoking: new Set(),
  target: new Set(predecessor?.target),
  told: '',
  session: undefined,
  revocation: undefined,
});

export const textOf = (keys: ReadonlySet<string>): string => [...keys].toSorted().join();

/** What it says that it owns; undefined: as before. */
export const ownedIn = (request: ConsumerHeartbeat): Set<string> | undefined =>
  request.topicPartitions === null
    ? undefined
    : new Set(
        request.topicPartitions.flatMap(({ topicId, partitions }) =>
          partitions.map((partition) => partitionKey(topicId, partition)),
        ),
      );

/** Partitions by topic, as the protocol lists them. */
export const byTopic = (keys: ReadonlySet<string>): { topicId: string; partitions: number[] }[] => {
  const grouped = Map.groupBy([...keys].map(parsePartition), (one) => one.topicId);
  return [...grouped].map(([topicId, ones]) => ({
    topicId,
    partitions: ones.map((one) => one.partition).toSorted((a, b) => a - b),
  }));
};
