/** What members of a consumer group are subscribed to. */
import { topicsIn } from './consumer-protocol.ts';
import type { Group } from './coordinator.ts';

export const subscribedTopics = (group: Group): Set<string> => {
  if (group.kind === 'consumer') return group.topicNames();
  if (group.protocolType !== 'consumer') return new Set();
  return new Set([...group.members.values()].flatMap((member) => topicsIn(member.metadataFor(group.protocol))));
};
