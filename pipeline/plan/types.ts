/** A plan: what flows into which table, checked against DuckDB and ready to run. Plain data. */
import type { Column } from '../../lake/index.ts';
import type { Expectation, KafkaSource } from '../language/ast.ts';

export type Layer = 'topic' | 'bronze' | 'silver' | 'gold' | 'quarantine';

export interface Dataset {
  /** `schema.table` */
  readonly name: string;
  readonly layer: Layer;
  readonly kind: 'streaming table' | 'materialized view';
  readonly comment?: string;
  /** All stored columns, those derived for partitioning last. */
  readonly columns: readonly Column[];
  readonly partitionBy: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly flow: FlowPlan;
}

interface FlowBase {
  /** Name of the flow: the table's, or that of its CREATE FLOW. Progress is kept under it. */
  readonly name: string;
  /** Where it is written, for messages. */
  readonly file: string;
  readonly line: number;
  /** Tables that are read as a whole. */
  readonly tables: readonly string[];
}

/** Where the rows of a stream come from. */
export type Stream =
  | { readonly kind: 'kafka'; readonly kafka: KafkaSource }
  | { readonly kind: 'table'; readonly table: string };

interface Streaming extends FlowBase {
  readonly stream: Stream;
  /**
   * SELECT over `streamName`, giving the columns of the table and the three of `positionColumns`.
   * `streamName` stands for a relation with the source's columns and those three.
   */
  readonly sql: string;
  /** Expressions that give the source's position columns. */
  readonly position: Position;
}

/** SQL expressions over the source for the Kafka position of a row. */
export interface Position {
  readonly topic: string;
  readonly partition: string;
  readonly offset: string;
}

/** Appends the rows of a stream to a table. */
export interface AppendFlow extends Streaming {
  readonly kind: 'append';
  readonly expectations: readonly Expectation[];
  /** Columns of DISTINCT ON; empty: rows are not deduplicated. */
  readonly keys: readonly string[];
  readonly watermark?: { readonly column: string; readonly delayMs: number };
}

/** Upserts the changes of a stream into a table: AUTO CDC, SCD type 1. */
export interface MergeFlow extends Streaming {
  readonly kind: 'merge';
  readonly keys: readonly string[];
  readonly sequence: string;
  /** Condition over the columns of `sql`. */
  readonly deleteWhen?: string;
}

/** Recomputes a table from others. */
export interface ViewFlow extends FlowBase {
  readonly kind: 'view';
  /** SELECT over the views that carry the tables' names. */
  readonly sql: string;
  /** Expectations that fail the refresh. */
  readonly failing: readonly Expectation[];
}

export type FlowPlan = AppendFlow | MergeFlow | ViewFlow;

export interface Plan {
  /** Each after all that it reads. */
  readonly datasets: readonly Dataset[];
}

/** The relation that stands for a stream's batch in `sql`. */
export const streamName = '$stream';

export const positionColumns = ['$topic', '$partition', '$offset'] as const;

/** What read_kafka gives. */
export const kafkaColumns: readonly Column[] = [
  { name: 'key', type: 'VARCHAR' },
  { name: 'value', type: 'VARCHAR' },
  { name: 'topic', type: 'VARCHAR' },
  { name: 'partition', type: 'INTEGER' },
  { name: 'offset', type: 'BIGINT' },
  { name: 'timestamp', type: 'TIMESTAMP WITH TIME ZONE' },
];

export const quarantineSuffix = '__quarantine';
