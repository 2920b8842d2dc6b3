/**
 * Turns what sources ask to be published into what has to be sent: drops what is in Kafka already, and cuts the rest into
 * batches that keep each partition's order. Pure.
 */
import { partitionOfKey } from '../kafka/murmur2.ts';
import type { PartitionState, Positions } from './positions.ts';
import type { Run, SourceRecord } from './port.ts';

export interface Publication {
  /** null: the records have no identity, and are appended as they come. */
  readonly source: string | null;
  readonly timestampMs: number;
  /** It covers the source's sequences from the first up to, and without, the next; those without a record do not exist. */
  readonly firstSequence: number;
  readonly nextSequence: number;
  /** In the source's order: sequences rise. */
  readonly records: readonly SourceRecord[];
}

export interface PlannedBatch {
  readonly state: PartitionState;
  readonly runs: readonly Run[];
  readonly count: number;
  isAppended: boolean;
}

export interface Plan {
  /** One round is one request: at most one batch for each partition. */
  readonly rounds: readonly (readonly PlannedBatch[])[];
  /** For each publication, by topic: how many of its records were in Kafka already. */
  readonly duplicates: readonly ReadonlyMap<string, number>[];
}

/** A batch that is being filled. */
interface Draft {
  runs: { source: string | null; timestampMs: number; records: SourceRecord[] }[];
  count: number;
  bytes: number;
}

/** What a record costs besides its key and value: enough for headers and varints. */
const overheadBytes = 200;

export function plan(publications: readonly Publication[], positions: Positions, batchBytesMax: number): Plan {
  const drafts = new Map<PartitionState, Draft[]>();
  const duplicates = publications.map((publication) => {
    const dropped = new Map<string, number>();
    for (const record of publication.records) {
      const state = partitionOf(record, positions);
      const isThere = publication.source !== null && record.sequence <= (state.last.get(publication.source) ?? -1);
      if (isThere) dropped.set(record.topic, (dropped.get(record.topic) ?? 0) + 1);
      else add(drafts, state, publication, record, batchBytesMax);
    }
    return dropped;
  });
  return { rounds: toRounds(drafts), duplicates };
}

function partitionOf(record: SourceRecord, positions: Positions): PartitionState {
  const states = positions.topics.get(record.topic)!;
  const index = record.key === null ? record.sequence % states.length : partitionOfKey(record.key, states.length);
  return states[index]!;
}

function add(
  drafts: Map<PartitionState, Draft[]>,
  state: PartitionState,
  publication: Publication,
  record: SourceRecord,
  batchBytesMax: number,
): void {
  const bytes = record.value.length + (record.key?.length ?? 0) + overheadBytes;
  let ofPartition = drafts.get(state);
  if (ofPartition === undefined) drafts.set(state, (ofPartition = []));
  let draft = ofPartition[ofPartition.length - 1];
  if (draft === undefined || draft.bytes + bytes > batchBytesMax)
    ofPartition.push((draft = { runs: [], count: 0, bytes: 0 }));
  let run = draft.runs[draft.runs.length - 1];
  if (run === undefined || run.source !== publication.source || run.timestampMs !== publication.timestampMs)
    draft.runs.push((run = { source: publication.source, timestampMs: publication.timestampMs, records: [] }));
  run.records.push(record);
  draft.count++;
  draft.bytes += bytes;
}

function toRounds(drafts: ReadonlyMap<PartitionState, readonly Draft[]>): PlannedBatch[][] {
  const length = Math.max(0, ...[...drafts.values()].map((ofPartition) => ofPartition.length));
  return Array.from({ length }, (_, round) =>
    [...drafts].flatMap(([state, ofPartition]) => {
      const draft = ofPartition[round];
      return draft === undefined ? [] : [{ state, runs: draft.runs, count: draft.count, isAppended: false }];
    }),
  );
}
