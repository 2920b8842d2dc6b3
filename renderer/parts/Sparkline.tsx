/** A minute of one figure as a line of fixed size; its scale starts at zero, so that a steady flow looks steady. */
import { memo } from 'react';
import { sparkPath } from './spark.ts';
import styles from './parts.module.css';

interface SparklineProps {
  readonly values: readonly (number | undefined)[];
  readonly width: number;
  readonly height: number;
  readonly color: string;
  readonly area?: boolean;
}

export const Sparkline = memo(({ values, width, height, color, area = true }: SparklineProps) => {
  const path = sparkPath(values, width, height);
  return (
    <svg className={styles['spark']} width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden>
      {path !== undefined && area && <path d={path.area} fill={color} opacity={0.1} />}
      {path !== undefined && (
        <path d={path.line} fill="none" stroke={color} strokeWidth={1.25} strokeLinejoin="round" />
      )}
    </svg>
  );
});
