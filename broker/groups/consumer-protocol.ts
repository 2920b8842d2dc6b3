/**
 * What members of the classic protocol tell each other, with the broker as their postman: what they want (the metadata
 * with which they join) and what they get (the assignment). Kafka calls it ConsumerProtocol; a broker must read it only
 * where members of both protocols share a group. A version adds to the end of the one before.
 */
import { MalformedFrame, Reader } from '../protocol/reader.ts';
import { Writer } from '../protocol/writer.ts';

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface Subscription {
  readonly version: number;
  readonly topics: readonly string[];
  readonly rackId: string | null;
  /** What the member has, from version 1 on. */
  readonly owned: readonly TopicPartitions[];
}

export interface ProtocolAssignment {
  readonly partitions: readonly TopicPartitions[];
  readonly userData: Buffer;
}

/** What `read` makes of `bytes`; undefined if they are of another kind of protocol. */
const tried = <T>(bytes: Buffer, read: (reader: Reader) => T): T | undefined => {
  try {
    return read(new Reader(bytes));
  } catch (error) {
    if (error instanceof MalformedFrame) return undefined;
    throw error;
  }
};

const readArray = <T>(reader: Reader, read: () => T): T[] =>
  // Each element has at least one byte: a hostile count cannot make us allocate.
  Array.from({ length: Math.max(0, Math.min(reader.length32(), reader.remaining)) }, read);
const readString = (reader: Reader): string => reader.string(reader.length16());
const readBytes = (reader: Reader): Buffer => reader.bytes(Math.max(0, reader.length32()));
const readPartitions = (reader: Reader): TopicPartitions[] =>
  readArray(reader, () => ({ topic: readString(reader), partitions: readArray(reader, () => reader.int32()) }));

const readTopics = (reader: Reader): { version: number; topics: string[] } => ({
  version: reader.int16(),
  topics: readArray(reader, () => readString(reader)),
});

/** The topics alone, which all versions begin with. */
export const topicsIn = (metadata: Buffer): readonly string[] => tried(metadata, readTopics)?.topics ?? [];

export const readSubscription = (metadata: Buffer): Subscription | undefined =>
  tried(metadata, (reader) => {
    const { version, topics } = readTopics(reader);
    readBytes(reader); // the assignor's own
    const owned = version >= 1 ? readPartitions(reader) : [];
    if (version >= 2) reader.int32(); // the generation in which it had them
    const rackLength = version >= 3 ? reader.length16() : -1;
    return { version, topics, owned, rackId: rackLength < 0 ? null : reader.string(rackLength) };
  });

export const readAssignment = (assignment: Buffer): ProtocolAssignment | undefined =>
  tried(assignment, (reader) => {
    reader.int16(); // the version; all are alike
    return { partitions: readPartitions(reader), userData: readBytes(reader) };
  });

/** An assignment for a member that subscribed in this version. */
export const writeAssignment = (version: number, assigned: readonly TopicPartitions[]): Buffer => {
  const writer = new Writer();
  writer.int16(version);
  writer.int32(assigned.length);
  for (const { topic, partitions } of assigned) {
    writer.int16(Buffer.byteLength(topic));
    writer.string(topic, Buffer.byteLength(topic));
    writer.int32(partitions.length);
    for (const partition of partitions) writer.int32(partition);
  }
  writer.int32(-1); // no data of an assignor
  return Buffer.concat(writer.finish());
};
