/** What a pipeline file says, after parsing: statements with the places where they were said. */
import type { SourceFile } from './source.ts';

export type OnViolation = 'warn' | 'drop' | 'fail' | 'quarantine';

/** `CONSTRAINT name EXPECT (condition) ON VIOLATION …` */
export interface Expectation {
  readonly name: string;
  /** SQL over the table's columns. NULL violates. */
  readonly condition: string;
  readonly onViolation: OnViolation;
  /** Offset of the condition in the file. */
  readonly at: number;
}

export interface DeclaredColumn {
  readonly name: string;
  readonly type?: string;
  readonly comment?: string;
  readonly at: number;
}

/** `PARTITIONED BY (column)` or `PARTITIONED BY (expression AS column)`. */
export interface PartitionItem {
  readonly name: string;
  readonly expression?: string;
  readonly at: number;
}

export interface TableName {
  readonly schema: string;
  readonly table: string;
  /** `schema.table` */
  readonly full: string;
  readonly at: number;
}

export interface KafkaSource {
  readonly kind: 'kafka';
  /** Names or globs (`order.*`). */
  readonly topics: readonly string[];
  /** Where a partition begins that was never read. */
  readonly startingOffsets: 'earliest' | 'latest';
  readonly maxOffsetsPerTrigger?: number;
  /** Offsets in the file of the text that the source replaces, STREAM included. */
  readonly start: number;
  readonly end: number;
}

export interface TableStreamSource {
  readonly kind: 'table';
  readonly name: TableName;
  readonly start: number;
  readonly end: number;
}

export type StreamSource = KafkaSource | TableStreamSource;

/** `WATERMARK column DELAY OF INTERVAL …` */
export interface Watermark {
  readonly column: string;
  readonly delayMs: number;
  readonly start: number;
  readonly end: number;
}

/** A SELECT with its stream sources and watermark taken out at token level; the rest is DuckDB's. */
export interface Body {
  /** Offsets in the file. */
  readonly start: number;
  readonly end: number;
  readonly streams: readonly StreamSource[];
  readonly watermark?: Watermark;
}

interface StatementBase {
  readonly source: SourceFile;
  readonly at: number;
  readonly name: TableName;
  /** The comments before the statement. */
  readonly docs: string;
}

interface DatasetHead extends StatementBase {
  readonly comment?: string;
  readonly columns: readonly DeclaredColumn[];
  readonly expectations: readonly Expectation[];
  readonly partitionBy: readonly PartitionItem[];
  readonly properties: Readonly<Record<string, string>>;
}

export interface StreamingTable extends DatasetHead {
  readonly kind: 'streaming table';
  /** Absent: the target of a CREATE FLOW. */
  readonly body?: Body;
}

export interface MaterializedView extends DatasetHead {
  readonly kind: 'materialized view';
  readonly body: Body;
}

/** A named SELECT that is not stored; what reads it runs it. */
export interface TemporaryView extends StatementBase {
  readonly kind: 'temporary view';
  readonly body: Body;
}

export interface CdcFlow extends StatementBase {
  readonly kind: 'cdc flow';
  readonly target: TableName;
  readonly from: TableName;
  readonly keys: readonly { name: string; at: number }[];
  readonly deleteWhen?: { sql: string; at: number };
  readonly sequenceBy: { name: string; at: number };
  readonly columns:
    | { readonly kind: 'all' }
    | { readonly kind: 'except' | 'only'; readonly names: readonly string[]; readonly at: number };
}

export type Statement = StreamingTable | MaterializedView | TemporaryView | CdcFlow;
