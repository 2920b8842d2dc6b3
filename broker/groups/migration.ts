/**
 * What a group's members are in the other protocol, when the group changes over: a classic group in which one of the new
 * protocol joins becomes one of that, and a classic group again when the last of these has left (KIP-848).
 */
import type { Catalog } from '../catalog/catalog.ts';
import { partitionKey } from './assignors.ts';
import type { ClassicGroup } from './classic-group.ts';
import { byTopic, newMember, type ConsumerMember } from './consumer-member.ts';
import { readAssignment, readSubscription, writeAssignment, type TopicPartitions } from './consumer-protocol.ts';
import { Member } from './member.ts';
import type { Reconciliation } from './reconciliation.ts';

/** Partitions by the ids of their topics; those of topics that do not exist are left out. */
export const keysOf = (wanted: readonly TopicPartitions[], catalog: Catalog): Set<string> =>
  new Set(
    wanted.flatMap(({ topic, partitions }) => {
      const id = catalog.named(topic)?.id;
      return id === undefined ? [] : partitions.map((partition) => partitionKey(id, partition));
    }),
  );

/** Partitions by the names of their topics. */
export const partitionsOf = (keys: ReadonlySet<string>, catalog: Catalog): TopicPartitions[] =>
  byTopic(keys).flatMap(({ topicId, partitions }) => {
    const topic = catalog.withId(topicId)?.name;
    return topic === undefined ? [] : [{ topic, partitions }];
  });

/** The members of a classic group as members of the new protocol; undefined if what they agreed on is not understood. */
export const toConsumerMembers = (group: ClassicGroup, catalog: Catalog): ConsumerMember[] | undefined => {
  if (group.protocolType !== 'consumer') return undefined;
  const members = [...group.members.values()].map((one) => toConsumerMember(one, group.generation, catalog));
  return members.includes(undefined) ? undefined : members.filter((one) => one !== undefined);
};

const toConsumerMember = (member: Member, generation: number, catalog: Catalog): ConsumerMember | undefined => {
  const { protocols, sessionTimeoutMs } = member;
  const subscription = readSubscription(protocols[0]!.metadata);
  // One that has just joined has no assignment yet.
  const assignment = member.assignment.length === 0 ? { partitions: [] } : readAssignment(member.assignment);
  if (subscription === undefined || assignment === undefined) return undefined;
  // An assignor's own data would be lost.
  if ('userData' in assignment && assignment.userData.length > 0) return undefined;
  const { version, rackId, topics } = subscription;
  return {
    ...newMember(member.memberId, { ...identityOf(member), rackId }, undefined),
    epoch: generation,
    previousEpoch: generation,
    topicNames: [...topics].toSorted(),
    assigned: keysOf(assignment.partitions, catalog),
    target: keysOf(assignment.partitions, catalog),
    classic: { sessionTimeoutMs, protocols, version },
  };
};

/** The members of a group in which only classic ones are left, as a classic group has them. */
export const toClassicMembers = (group: Reconciliation, catalog: Catalog): Member[] =>
  [...group.members.values()].flatMap((one) => {
    if (one.classic === undefined) return [];
    const { sessionTimeoutMs, protocols, version } = one.classic;
    const member = new Member({ ...identityOf(one), sessionTimeoutMs }, protocols);
    member.assignment = writeAssignment(version, partitionsOf(one.target, catalog));
    return [member];
  });

const identityOf = ({ memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs }: Member | ConsumerMember) => ({
  memberId,
  instanceId,
  clientId,
  clientHost,
  rebalanceTimeoutMs,
});
