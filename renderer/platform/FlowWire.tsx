/** A wire of the diagram. Its width and its motion follow what flows; where nothing flows, nothing moves. */
import { type Edge, type EdgeProps } from '@xyflow/react';
import { memo } from 'react';
import type { FlowNode } from '../../engine/contract/index.ts';
import { speedOf } from './figures.ts';
import { useRate } from './use-rate.ts';
import styles from './platform.module.css';

export interface WireData extends Record<string, unknown> {
  readonly path: string;
  readonly flow: readonly FlowNode[];
  readonly color: string;
  readonly state: 'plain' | 'lit' | 'dim';
}
export type WireEdge = Edge<WireData, 'wire'>;

const none: readonly FlowNode[] = [];

export const FlowWire = memo(({ data }: EdgeProps<WireEdge>) => {
  const speed = speedOf(useRate(data?.flow ?? none));
  if (data === undefined) return null;
  return (
    <g className={styles['wire']} data-state={data.state} style={{ '--wire': data.color } as React.CSSProperties}>
      <path className={styles['wire-base']} d={data.path} data-speed={speed} />
      {speed > 0 && <path className={styles['wire-flow']} d={data.path} data-speed={speed} />}
    </g>
  );
});
