/** Which of the offsets that a client wants to commit are taken: one rule for plain and for transactional commits. */
import type { Services } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { checkMetadata } from './operations.ts';

type Accepted = Parameters<Services['groups']['offsets']['commit']>[1][number];

interface WantedTopic {
  readonly name: string;
  readonly partitions: readonly {
    readonly partitionIndex: number;
    readonly committedOffset: number;
    readonly committedLeaderEpoch: number;
    readonly committedMetadata: string | null;
  }[];
}

/** `errorCode` is that of the whole request. Gives the answer by topic, and what is to be stored. */
export const offsetsToCommit = (services: Services, wanted: readonly WantedTopic[], errorCode: number) => {
  const nowMs = services.now();
  const accepted: Accepted[] = [];
  const topics = wanted.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((one) => {
      const { partitionIndex } = one;
      const isKnown = services.catalog.named(name)?.logs[partitionIndex] !== undefined;
      const refusal = isKnown ? checkMetadata(one.committedMetadata) : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      const code = errorCode === ErrorCode.NONE ? refusal : errorCode;
      if (code === ErrorCode.NONE)
        accepted.push({
          topic: name,
          partition: partitionIndex,
          offset: one.committedOffset,
          committedAtMs: nowMs,
          leaderEpoch: one.committedLeaderEpoch,
          metadata: one.committedMetadata ?? '',
        });
      return { partitionIndex, errorCode: code };
    }),
  }));
  return { topics, accepted };
};
