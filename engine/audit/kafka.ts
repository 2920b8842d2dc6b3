/** What Kafka holds, asked of Kafka itself: the end of each partition. */
import type { logLevel } from 'kafkajs';
import { TiffinError } from '../errors.ts';

/** topic → next offset of each partition, in the order of the partitions */
export type TopicEnds = Readonly<Record<string, readonly number[]>>;

const internalTopics = /^__/;

export const readTopicEnds = async (brokers: readonly string[]): Promise<TopicEnds> => {
  // Loaded when it is first needed: the engine talks to Kafka only here.
  const { Kafka } = await import('kafkajs');
  const nothing: logLevel.NOTHING = 0;
  const kafka = new Kafka({
    clientId: 'tiffin-audit',
    brokers: [...brokers],
    logLevel: nothing,
    retry: { retries: 8 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => !internalTopics.test(topic));
    const ends: Record<string, number[]> = {};
    for (const topic of topics) {
      const offsets = await admin.fetchTopicOffsets(topic);
      ends[topic] = offsets.toSorted((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
    }
    return ends;
  } catch (error) {
    throw new TiffinError(
      'KAFKA_AWAY',
      `Kafka at ${brokers.join(', ')} does not answer.`,
      'Try again when it is back.',
      error,
    );
  } finally {
    await admin.disconnect();
  }
};

export const totalOf = (ends: readonly number[]): number => ends.reduce((sum, end) => sum + end, 0);
