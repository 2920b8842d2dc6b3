/**
 * Learns what is in Kafka by reading the partitions' tails: from the offset up to which they are known to their ends, the
 * headers of each record say whose it is. A partition counts as known only when its end did not move while we looked, because
 * a request that was on its way when its sender died may still be appended.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../failure.ts';
import { type PartitionState, type Positions, settled } from './positions.ts';
import type { Bounds, KafkaPort, ScannedRecord } from './port.ts';

export interface Loss {
  readonly topic: string;
  readonly partition: number;
  readonly sources: readonly string[];
}

/**
 * Makes all partitions known; says which of them have lost records that were there before.
 * @param isGone whether a topic that held records and that Kafka does not know now is to be taken for deleted
 */
export async function recover(
  positions: Positions,
  port: KafkaPort,
  settleMs: number,
  isGone: (topic: string) => boolean,
): Promise<Loss[]> {
  const losses: Loss[] = [];
  let unknown = [...positions.partitions()].filter((state) => !state.known);
  let looked = false;
  while (unknown.length > 0) {
    const bounds = await port.bounds([...new Set(unknown.map((state) => state.topic))]);
    const missing = unknown.find(({ topic, offset }) => offset > 0 && !bounds.has(topic) && !isGone(topic));
    if (missing !== undefined) throw topicMissing(missing.topic);
    const moved = unknown.filter((state) => boundsOf(state, bounds).high !== state.offset);
    for (const state of moved) losses.push(...(await readTail(state, boundsOf(state, bounds), positions, port)));
    if (looked && moved.length === 0) {
      for (const state of unknown) settled(state);
      unknown = [];
    } else await sleep(settleMs);
    looked = true;
  }
  return losses;
}

function boundsOf(state: PartitionState, bounds: ReadonlyMap<string, readonly Bounds[]>): Bounds {
  return bounds.get(state.topic)?.[state.partition] ?? { low: 0, high: 0 };
}

function topicMissing(topic: string): Failure {
  return new Failure('TOPIC_MISSING', `Kafka does not know the topic ${topic} now`, 'It may still be starting.');
}

async function readTail(
  state: PartitionState,
  { low, high }: Bounds,
  positions: Positions,
  port: KafkaPort,
): Promise<Loss[]> {
  const cut = high < state.offset;
  const last = cut ? new Map<string, number>() : new Map(state.last);
  const from = cut ? low : Math.max(state.offset, low);
  const visit = ({ source, sequence }: ScannedRecord): void =>
    void last.set(source, Math.max(sequence, last.get(source) ?? -1));
  if (from < high) await port.scan(state.topic, state.partition, from, high, visit);
  const before = state.last;
  state.last = last;
  state.offset = high;
  state.touched = true;
  if (!cut) return [];
  const sources = positions.truncated(state, before);
  return [{ topic: state.topic, partition: state.partition, sources }];
}
