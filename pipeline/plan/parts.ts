/** The parts that plans are put together from. Pure. */
import type { Column } from '../../lake/index.ts';
import type { StreamSource } from '../language/ast.ts';
import type { Target } from './sources.ts';
import { quoteName } from './tree.ts';
import type { Dataset, Layer, Stream } from './types.ts';

interface Shape {
  readonly columns: readonly Column[];
  readonly partitionBy: readonly string[];
  /** Derived columns: their expressions over the result. */
  readonly expressions: readonly { name: string; sql: string }[];
}

/** The result cast to the stored types, with derived partition columns at the end. */
export const finalSelect = (
  sql: string,
  result: readonly Column[],
  shape: Shape | readonly Column[],
  extra: readonly string[] = [],
): string => {
  const { columns, expressions } = 'columns' in shape ? shape : { columns: shape, expressions: [] };
  const items = columns.map(({ name, type }) => {
    const derived = expressions.find((each) => each.name === name);
    if (derived !== undefined) return `(${derived.sql}) AS ${quoteName(name)}`;
    const same = result.some((column) => column.name === name && column.type === type);
    return same ? quoteName(name) : `CAST(${quoteName(name)} AS ${type}) AS ${quoteName(name)}`;
  });
  return `SELECT ${[...items, ...extra.map(quoteName)].join(', ')} FROM (${sql}) AS "$result"`;
};

export const datasetOf = (target: Target, shape: Shape): Omit<Dataset, 'kind' | 'flow'> => {
  const { head } = target;
  const comment = head?.comment ?? (head?.docs || target.flow?.docs || undefined);
  return {
    name: target.name,
    layer: target.name.split('.')[0] as Layer,
    columns: shape.columns,
    partitionBy: shape.partitionBy,
    properties: head?.properties ?? {},
    ...(comment !== undefined && { comment }),
  };
};

export const reads = (target: Target): string[] => [...new Set(target.reads.map(({ name }) => name))];

export const statics = (target: Target, stream: StreamSource): string[] => {
  const all = target.reads.map(({ name }) => name);
  if (stream.kind === 'table') all.splice(all.indexOf(stream.name.full), 1);
  return [...new Set(all)];
};

export const streamOf = (stream: StreamSource): Stream =>
  stream.kind === 'kafka' ? { kind: 'kafka', kafka: stream } : { kind: 'table', table: stream.name.full };
