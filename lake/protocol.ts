/**
 * Which Delta tables this lake can read and write, and which protocol a schema needs.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#table-features
 */
import type { Metadata, Protocol } from './actions.ts';
import { LakeError } from './errors.ts';
import type { DeltaStruct, DeltaType } from './schema.ts';

const READER_FEATURES = new Set(['timestampNtz']);
const WRITER_FEATURES = new Set(['timestampNtz', 'appendOnly', 'invariants']);

/** The least that the schema needs, and never less than the table already has. */
export function protocolFor(schema: DeltaStruct, current?: Protocol): Protocol {
  const before = current ?? { minReaderVersion: 1, minWriterVersion: 2 };
  if (!usesTimestampNtz(schema) || before.writerFeatures?.includes('timestampNtz')) return before;
  // A protocol of the old kind has appendOnly and invariants without naming them; one with features must name them.
  const legacy = before.writerFeatures ?? ['appendOnly', 'invariants'];
  return {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: [...(before.readerFeatures ?? []), 'timestampNtz'],
    writerFeatures: [...legacy, 'timestampNtz'],
  };
}

export const usesTimestampNtz = (type: DeltaType): boolean => {
  if (typeof type === 'string') return type === 'timestamp_ntz';
  if (type.type === 'array') return usesTimestampNtz(type.elementType);
  if (type.type === 'map') return usesTimestampNtz(type.keyType) || usesTimestampNtz(type.valueType);
  return type.fields.some((field) => usesTimestampNtz(field.type));
};

export function checkReadable(table: string, protocol: Protocol, metadata: Metadata): void {
  const { minReaderVersion, readerFeatures = [] } = protocol;
  const unknown = readerFeatures.filter((feature) => !READER_FEATURES.has(feature));
  if (minReaderVersion > 3 || unknown.length > 0) throw unsupported(table, 'read', unknown, minReaderVersion);
  const mapping = metadata.configuration['delta.columnMapping.mode'] ?? 'none';
  if (minReaderVersion >= 2 && mapping !== 'none')
    throw unsupported(table, 'read', ['columnMapping'], minReaderVersion);
}

export function checkWritable(table: string, protocol: Protocol, schema: DeltaStruct): void {
  const { minWriterVersion, writerFeatures = [] } = protocol;
  const unknown = writerFeatures.filter((feature) => !WRITER_FEATURES.has(feature));
  const known = minWriterVersion <= 2 || minWriterVersion === 7;
  if (!known || unknown.length > 0) throw unsupported(table, 'written', unknown, minWriterVersion);
  const bound = schema.fields.find((field) => 'delta.invariants' in field.metadata);
  if (bound) throw unsupported(table, 'written', [`an invariant on column "${bound.name}"`], minWriterVersion);
}

const unsupported = (table: string, verb: string, features: string[], version: number): LakeError =>
  new LakeError(
    'LAKE_PROTOCOL_UNSUPPORTED',
    `${table} cannot be ${verb} here: it uses ${features.join(', ') || `protocol version ${version}`}.`,
    'Use the engine that made the table, or drop that feature there.',
  );
