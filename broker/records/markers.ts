/** The control batch that ends a transaction in a partition: one record that says commit or abort. */
import { BATCH_HEADER_BYTES, buildBatch, CONTROL_BIT, TRANSACTIONAL_BIT, type BatchHeader } from './batch.ts';
import { decodeRecords, encodeRecords, NO_HEADERS } from './records.ts';

export interface Marker {
  readonly commit: boolean;
  readonly coordinatorEpoch: number;
}

export const buildMarker = (
  producerId: number,
  producerEpoch: number,
  marker: Marker,
  timestampMs: number,
): { bytes: Buffer; header: Omit<BatchHeader, 'sizeBytes'> } => {
  const key = Buffer.from([0, 0, 0, marker.commit ? 1 : 0]);
  const value = Buffer.alloc(6);
  value.writeInt32BE(marker.coordinatorEpoch, 2);
  const header = {
    baseOffset: 0,
    lastOffset: 0,
    attributes: TRANSACTIONAL_BIT | CONTROL_BIT,
    recordCount: 1,
    baseTimestamp: timestampMs,
    maxTimestamp: timestampMs,
    producerId,
    producerEpoch,
    baseSequence: -1,
  };
  const record = { offsetDelta: 0, timestampDelta: 0, key, value, headers: NO_HEADERS };
  return { bytes: buildBatch(header, encodeRecords([record])), header };
};

/** Reads the marker in a control batch; undefined if it is another kind of control record. */
export const readMarker = (batch: Buffer): Marker | undefined => {
  const record = decodeRecords(batch.subarray(BATCH_HEADER_BYTES), 1)[0];
  const type = record?.key?.readInt16BE(2);
  if (type === undefined || type > 1 || record?.value === undefined || record.value === null) return undefined;
  return { commit: type === 1, coordinatorEpoch: record.value.readInt32BE(2) };
};
