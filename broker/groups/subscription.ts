/** What members of a consumer group are subscribed to, from the metadata with which they joined (ConsumerProtocol). */
import { MalformedFrame, Reader } from '../protocol/reader.ts';
import type { Group } from './coordinator.ts';

export const subscribedTopics = (group: Group): Set<string> => {
  if (group.kind === 'consumer') return group.topicNames();
  if (group.protocolType !== 'consumer') return new Set();
  return new Set([...group.members.values()].flatMap((member) => topicsOf(member.metadataFor(group.protocol))));
};

const topicsOf = (metadata: Buffer): string[] => {
  try {
    const reader = new Reader(metadata);
    reader.int16(); // the version; all begin alike
    return Array.from({ length: Math.max(0, Math.min(reader.int32(), reader.remaining)) }, () =>
      reader.string(reader.int16()),
    );
  } catch (error) {
    if (error instanceof MalformedFrame) return []; // another kind of protocol under this name: nothing is known
    throw error;
  }
};
