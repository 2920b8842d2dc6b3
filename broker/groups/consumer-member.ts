/** A member of a group of the new protocol (KIP-848): what it says, what it is told, and what is kept about it. */
import { parsePartition, partitionKey } from './assignors.ts';
import type { Protocol } from './member.ts';
import type { TopicPattern } from './topic-pattern.ts';

/** Member epochs that say that a member leaves: for good, or (a static one) to come back. */
export const LEAVE = -1;
export const LEAVE_FOR_A_WHILE = -2;

/** What is known about whoever joins, by either protocol. */
export interface MemberTraits {
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
}

export interface ConsumerHeartbeat extends MemberTraits {
  readonly memberId: string;
  readonly memberEpoch: number;
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

/** What a member of the classic protocol says besides. */
export interface ClassicTraits {
  readonly sessionTimeoutMs: number;
  readonly protocols: readonly Protocol[];
  /** Of ConsumerProtocol, in which it subscribed. */
  readonly version: number;
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
  /** undefined: it speaks the new protocol. */
  classic: ClassicTraits | undefined;
  session: NodeJS.Timeout | undefined;
  /** Until when it must do what was asked of it. */
  deadline: NodeJS.Timeout | undefined;
}

/** A member as it joins; a static one takes over what its earlier incarnation had. */
export const newMember = (
  memberId: string,
  traits: MemberTraits,
  predecessor: ConsumerMember | undefined,
): ConsumerMember => ({
  memberId,
  instanceId: traits.instanceId,
  rackId: traits.rackId,
  clientId: traits.clientId,
  clientHost: traits.clientHost,
  epoch: 0,
  previousEpoch: 0,
  rebalanceTimeoutMs: traits.rebalanceTimeoutMs,
  topicNames: [],
  topicRegex: null,
  assignor: null,
  assigned: new Set(predecessor?.assigned),
  revoking: new Set(),
  target: new Set(predecessor?.target),
  told: '',
  classic: undefined,
  session: undefined,
  deadline: undefined,
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
