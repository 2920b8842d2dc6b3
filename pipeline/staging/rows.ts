/**
 * Rows of Kafka, by column, on their way into a staging file. A chunk becomes one row group, so that DuckDB reads chunks in
 * parallel. Rows come in runs of one topic and partition, and are kept as such: two of the six columns cost nothing.
 */
import { ByteColumn } from './bytes.ts';

export const chunkRowsMax = 60_000;

export interface Run {
  readonly topic: string;
  readonly partition: number;
  rows: number;
}

export class RowChunk {
  readonly keys = new ByteColumn(chunkRowsMax, 64 * 1024);
  readonly values = new ByteColumn(chunkRowsMax, 1024 * 1024);
  readonly offsets = new Float64Array(chunkRowsMax);
  readonly timestampsMs = new Float64Array(chunkRowsMax);
  runs: Run[] = [];
  count = 0;

  clear(): void {
    this.keys.clear();
    this.values.clear();
    this.runs = [];
    this.count = 0;
  }
}

/** A record's place in the buffer it was read from; -1 as start: NULL. */
export interface RowSink {
  /** Rows that follow come from here. */
  from(topic: string, partition: number): void;
  append(
    source: Buffer,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    offset: number,
    timestampMs: number,
  ): void;
}

/** Learns when each row was produced. */
export interface TimeSink {
  add(timestampMs: number): void;
}

/** A list of chunks that grows at its end; cleared chunks are used again. */
export class RowBuffer implements RowSink {
  chunks: RowChunk[] = [];
  rows = 0;
  bytes = 0;
  produced: TimeSink | undefined;
  private readonly spare: RowChunk[];
  private current: RowChunk | undefined;
  private run: Run | undefined;
  private topic = '';
  private partition = -1;

  constructor(spare: RowChunk[] = []) {
    this.spare = spare;
  }

  from(topic: string, partition: number): void {
    this.topic = topic;
    this.partition = partition;
    this.run = undefined;
  }

  append(
    source: Buffer,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    offset: number,
    timestampMs: number,
  ): void {
    let chunk = this.current;
    if (chunk === undefined || chunk.count === chunkRowsMax) chunk = this.addChunk();
    if (this.run === undefined) {
      this.run = { topic: this.topic, partition: this.partition, rows: 0 };
      chunk.runs.push(this.run);
    }
    if (keyStart < 0) chunk.keys.appendNull();
    else chunk.keys.append(source, keyStart, keyEnd);
    if (valueStart < 0) chunk.values.appendNull();
    else chunk.values.append(source, valueStart, valueEnd);
    chunk.offsets[chunk.count] = offset;
    chunk.timestampsMs[chunk.count] = timestampMs;
    chunk.count += 1;
    this.produced?.add(timestampMs);
    this.run.rows += 1;
    this.rows += 1;
    this.bytes += valueEnd - valueStart + (keyEnd - keyStart);
  }

  private addChunk(): RowChunk {
    const chunk = this.spare.pop() ?? new RowChunk();
    this.chunks.push(chunk);
    this.current = chunk;
    this.run = undefined;
    return chunk;
  }
}
