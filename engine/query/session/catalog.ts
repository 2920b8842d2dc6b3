/** The tables of the lake as the catalog shows them. What the pipelines know of a table (kind, comment) the engine adds. */
import type { CatalogTable, Layer } from '../../contract/index.ts';
import type { Snapshot } from '../../../lake/index.ts';

export const quarantineSuffix = '__quarantine';

export const layerOf = (name: string): Layer => {
  const [schema = '', table = ''] = name.split('.');
  if (table.endsWith(quarantineSuffix)) return 'quarantine';
  return schema === 'bronze' || schema === 'silver' || schema === 'gold' ? schema : 'silver';
};

export const catalogTable = (name: string, snapshot: Snapshot): CatalogTable => {
  const [schema = '', table = ''] = name.split('.');
  return {
    name,
    schema,
    table,
    layer: layerOf(name),
    kind: layerOf(name) === 'quarantine' ? 'quarantine' : 'table',
    columns: snapshot.columns.map(({ name: column, type, comment }) => ({
      name: column,
      type,
      ...(comment !== undefined && { comment }),
    })),
    partitionBy: snapshot.partitionBy,
    rows: snapshot.rows,
    sizeBytes: snapshot.bytes,
    files: snapshot.files.length,
    version: snapshot.version,
    updatedAtMs: snapshot.timestampMs,
  };
};
