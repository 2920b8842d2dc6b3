/** The head of a column: which layer, how many hops, and what they hold and take in together. */
import { type Node, type NodeProps } from '@xyflow/react';
import { memo } from 'react';
import type { FlowNode } from '../../engine/contract/index.ts';
import { platform } from '../api/live.ts';
import { useSelect } from '../api/store.ts';
import { compact } from '../format/numbers.ts';
import { layers, layerColor } from '../parts/layers.tsx';
import { Term } from '../parts/Term.tsx';
import type { TermName } from '../parts/glossary.ts';
import type { Column } from './cards.ts';
import { sum } from './figures.ts';
import styles from './platform.module.css';

export interface HeadData extends Record<string, unknown> {
  readonly column: Column;
  readonly nodes: readonly FlowNode[];
}
export type HeadNode = Node<HeadData, 'head'>;

const terms: Partial<Record<Column, TermName>> = { topic: 'topic', bronze: 'bronze', silver: 'silver', gold: 'gold' };

export const ColumnHead = memo(({ data: { column, nodes } }: NodeProps<HeadNode>) => {
  const rows = useSelect(platform, (state) => sum(nodes.map((node) => state?.nodes[node.id]?.rows)));
  const term = terms[column];
  const word = layers[column].plural;
  return (
    <div className={styles['column-head']}>
      <span style={{ color: layerColor(column) }}>{term === undefined ? word : <Term name={term}>{word}</Term>}</span>
      {column !== 'source' && (
        <span className={styles['column-total']}>
          {compact(rows)} {column === 'topic' ? 'messages' : 'rows'}
        </span>
      )}
    </div>
  );
});
