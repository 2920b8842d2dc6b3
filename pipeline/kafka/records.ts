/**
 * Kafka's record batches (magic 2), decoded straight into columns: no object per message.
 * https://kafka.apache.org/documentation/#recordbatch
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { PipelineError } from '../problems.ts';
import type { RowSink } from '../staging/rows.ts';
import { VarintReader } from './varint.ts';

/** Records of a transaction that was aborted, from `firstOffset` to its end marker. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface RecordRange {
  readonly topic: string;
  readonly partition: number;
  /** Records before this were read already: a fetch may begin in the middle of a batch. */
  readonly from: number;
  /** Records from this on are not wanted yet. */
  readonly until: number;
}

const headerBytes = 61;
const lastOffsetDeltaAt = 23;

/** Reads whole batches of `data` into `sink` and gives the offset after them. A batch that is cut off at the end is left. */
export const readRecords = (
  data: Buffer,
  range: RecordRange,
  aborted: readonly AbortedTransaction[],
  sink: RowSink,
): number => {
  const open = new AbortedTracker(aborted);
  let next = range.from;
  for (let at = 0; at + headerBytes <= data.length && next < range.until;) {
    const end = at + 12 + data.readInt32BE(at + 8);
    if (end > data.length) break;
    if (data[at + 16] !== 2) throw oldFormat(range);
    const baseOffset = Number(data.readBigInt64BE(at));
    const lastOffset = baseOffset + data.readInt32BE(at + lastOffsetDeltaAt);
    const attributes = data.readInt16BE(at + 21);
    const producerId = data.readBigInt64BE(at + 43);
    const isControl = (attributes & 0x20) !== 0;
    const isTransactional = (attributes & 0x10) !== 0;
    const isAborted = isTransactional && open.isAborted(producerId, baseOffset, lastOffset);
    if (isControl) open.end(producerId);
    else if (!isAborted && lastOffset >= next)
      readBatch(data.subarray(at, end), baseOffset, attributes, { ...range, from: next }, sink);
    next = Math.max(next, lastOffset + 1);
    at = end;
  }
  return Math.min(next, range.until);
};

const readBatch = (batch: Buffer, baseOffset: number, attributes: number, range: RecordRange, sink: RowSink): void => {
  const baseTimestampMs = Number(batch.readBigInt64BE(27));
  const appendTimeMs = (attributes & 0x08) === 0 ? undefined : Number(batch.readBigInt64BE(35));
  const count = batch.readInt32BE(57);
  const data = decompress(batch.subarray(headerBytes), attributes & 0x07, range);
  const reader = new VarintReader(data, 0);
  for (let record = 0; record < count; record += 1) {
    const length = reader.next();
    const end = reader.at + length;
    reader.at += 1;
    const timestampDeltaMs = reader.next();
    const offset = baseOffset + reader.next();
    const keyLength = reader.next();
    const keyStart = keyLength < 0 ? -1 : reader.at;
    if (keyLength > 0) reader.at += keyLength;
    const keyEnd = keyStart < 0 ? -1 : reader.at;
    const valueLength = reader.next();
    const valueStart = valueLength < 0 ? -1 : reader.at;
    const valueEnd = valueStart < 0 ? -1 : reader.at + valueLength;
    if (offset >= range.until) return;
    if (offset >= range.from)
      sink.append(
        data,
        keyStart,
        keyEnd,
        valueStart,
        valueEnd,
        offset,
        appendTimeMs ?? baseTimestampMs + timestampDeltaMs,
      );
    reader.at = end;
  }
};

const decompress = (data: Buffer, codec: number, range: RecordRange): Buffer => {
  if (codec === 0) return data;
  if (codec === 1) return gunzipSync(data);
  if (codec === 4) return zstdDecompressSync(data);
  const name = codec === 2 ? 'snappy' : codec === 3 ? 'lz4' : `number ${codec}`;
  throw new PipelineError({
    code: 'KAFKA_COMPRESSION',
    message: `Topic ${range.topic}, partition ${range.partition} is compressed with ${name}, which is not supported.`,
    hint: 'Let its producer compress with gzip or zstd, or not at all.',
  });
};

const oldFormat = (range: RecordRange): PipelineError =>
  new PipelineError({
    code: 'KAFKA_FORMAT',
    message: `Topic ${range.topic}, partition ${range.partition} holds messages in the format of Kafka before 0.11.`,
    hint: 'Copy the topic with a current producer.',
  });

/** Which producers are inside an aborted transaction while batches go by in offset order. */
class AbortedTracker {
  private readonly waiting: AbortedTransaction[];
  private readonly open = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.waiting = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  isAborted(producerId: bigint, _baseOffset: number, lastOffset: number): boolean {
    while (this.waiting[0] !== undefined && this.waiting[0].firstOffset <= lastOffset)
      this.open.add(this.waiting.shift()!.producerId);
    return this.open.has(producerId);
  }

  end(producerId: bigint): void {
    this.open.delete(producerId);
  }
}
