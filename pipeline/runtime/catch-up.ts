/** Has a flow caught up with Kafka as of a moment? */
import type { KafkaClient } from '../kafka/client.ts';
import { matchesGlob } from '../kafka/glob.ts';
import { patternsOf } from '../plan/graph.ts';
import type { Plan } from '../plan/types.ts';
import type { Runner } from './runner.ts';
import { KafkaBatchSource } from './source.ts';
import { StreamingRunner } from './streaming-runner.ts';

/** Where the logs end now that some flow reads, by `topic/partition`. */
export const endOffsets = async (kafka: KafkaClient, plan: Plan): Promise<ReadonlyMap<string, number>> => {
  const patterns = plan.datasets.flatMap(patternsOf);
  if (patterns.length === 0) return new Map();
  const topics = await kafka.topics(0);
  const wanted = [...topics].filter(([topic]) => patterns.some((pattern) => matchesGlob(pattern, topic)));
  const led = wanted.flatMap(([, partitions]) => partitions).filter(({ leader }) => leader >= 0);
  return led.length === 0 ? new Map() : await kafka.offsets(led, 'end');
};

/** Are all the messages below these ends in the runner's table? */
export const hasReached = (runner: Runner, ends: ReadonlyMap<string, number>): boolean => {
  if (!(runner instanceof StreamingRunner) || !(runner.source instanceof KafkaBatchSource)) return true;
  if (!runner.isSound) return false;
  const patterns = patternsOf(runner.dataset);
  const positions = runner.source.positions();
  return [...ends].every(([id, end]) => {
    const topic = id.slice(0, id.lastIndexOf('/'));
    return !patterns.some((pattern) => matchesGlob(pattern, topic)) || (positions.get(id) ?? 0) >= end;
  });
};
