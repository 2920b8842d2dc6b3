/**
 * Fetch responses, versions 4 to 11, decoded by ourselves: kafkajs's decoder makes objects of every message, and this is
 * the hot path. https://kafka.apache.org/protocol.html#The_Messages_Fetch
 */
import type { AbortedTransaction } from './records.ts';

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** Everything below is committed and may be read. */
  readonly readableEnd: number;
  readonly highWatermark: number;
  /** -1 when the broker does not say. */
  readonly logStart: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches as they are in the log. */
  readonly records: Buffer;
}

export interface FetchResponse {
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

export const decodeFetchResponse = (data: Buffer, version: number): FetchResponse => {
  const reader = new Reader(data);
  const throttleMs = reader.int32();
  const errorCode = version >= 7 ? reader.int16() : 0;
  if (version >= 7) reader.int32();
  const partitions: FetchedPartition[] = [];
  for (let topics = reader.int32(); topics > 0; topics -= 1) {
    const topic = reader.string();
    for (let count = reader.int32(); count > 0; count -= 1) partitions.push(readPartition(reader, topic, version));
  }
  // Since version 8 the broker answers first and expects the client to wait.
  return { clientSideThrottleTime: version >= 8 ? throttleMs : 0, errorCode, partitions };
};

const readPartition = (reader: Reader, topic: string, version: number): FetchedPartition => {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStable = reader.int64();
  const logStart = version >= 5 ? reader.int64() : -1;
  const aborted: AbortedTransaction[] = [];
  for (let count = reader.int32(); count > 0; count -= 1)
    aborted.push({ producerId: reader.bigInt64(), firstOffset: reader.int64() });
  if (version >= 11) reader.int32();
  const records = reader.bytes();
  const readableEnd = lastStable < 0 ? highWatermark : lastStable;
  return { topic, partition, errorCode, readableEnd, highWatermark, logStart, aborted, records };
};

class Reader {
  private readonly data: Buffer;
  private at = 0;

  constructor(data: Buffer) {
    this.data = data;
  }

  int16(): number {
    this.at += 2;
    return this.data.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.data.readInt32BE(this.at - 4);
  }

  bigInt64(): bigint {
    this.at += 8;
    return this.data.readBigInt64BE(this.at - 8);
  }

  int64(): number {
    return Number(this.bigInt64());
  }

  string(): string {
    const length = this.int16();
    this.at += length;
    return this.data.toString('utf8', this.at - length, this.at);
  }

  bytes(): Buffer {
    const length = Math.max(0, this.int32());
    this.at += length;
    return this.data.subarray(this.at - length, this.at);
  }
}
