/**
 * What the engine tells the UI: plain data, JSON-safe. Times are Unix milliseconds (`…AtMs`), durations milliseconds (`…Ms`),
 * sizes bytes, rates per second. 64-bit integers in query results travel as strings, so that none loses a digit.
 */

export type ProcessName = 'engine' | 'broker' | 'simulator' | 'ingest' | 'pipeline' | 'query';
export type ProcessPhase = 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped' | 'failed';

/** An error as every part of Tiffin reports it: what is wrong and where; then what to do. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly atMs?: number;
}

export interface ProcessState {
  readonly name: ProcessName;
  readonly phase: ProcessPhase;
  readonly pid: number | null;
  readonly restarts: number;
  readonly startedAtMs: number | null;
  readonly rssBytes: number;
  /** Per cent of one core, over the last second. */
  readonly cpuPercent: number;
  readonly problem?: Problem;
}

export interface WorldState {
  readonly phase: 'running' | 'paused' | 'stopped';
  /** Events a second that are asked for; null: as fast as it goes. */
  readonly ratePerSecond: number | null;
  readonly generated: number;
  readonly acknowledged: number;
  /** The city's own clock: the event time of the newest event. */
  readonly virtualTimeMs: number | null;
  readonly seed: number;
  /** why it failed, when it did */
  readonly problem?: Problem;
}

export type Layer = 'source' | 'topic' | 'bronze' | 'silver' | 'gold' | 'quarantine';

/** A hop of the data: a source, a topic or a table. */
export interface FlowNode {
  readonly id: string;
  readonly name: string;
  readonly layer: Layer;
  readonly kind:
    | 'world'
    | 'oltp'
    | 'gateway'
    | 'cdc'
    | 'topic'
    | 'streaming table'
    | 'materialized view'
    | 'quarantine';
  readonly comment?: string;
}
export interface FlowEdge {
  readonly from: string;
  readonly to: string;
}
export interface FlowGraph {
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
}

/** What a hop is doing now. Absent figures are unknown or meaningless there, never zero. */
export interface NodeStatus {
  readonly rows?: number;
  readonly perSecond?: number;
  readonly lagMessages?: number;
  readonly lagSeconds?: number;
  readonly version?: number;
  readonly batchMs?: number;
  readonly batches?: number;
  readonly duplicates?: number;
  readonly quarantined?: number;
  readonly dropped?: number;
  readonly late?: number;
  readonly sizeBytes?: number;
  readonly files?: number;
  readonly phase: 'idle' | 'running' | 'waiting' | 'failed';
  readonly problem?: Problem;
}

export interface PlatformState {
  readonly version: string;
  readonly workspace: string;
  readonly startedAtMs: number;
  readonly phase: 'starting' | 'running' | 'stopping' | 'failed';
  readonly kafka: { readonly mode: 'embedded' | 'apache' | 'external'; readonly brokers: readonly string[] };
  readonly gatewayUrl: string | null;
  readonly processes: readonly ProcessState[];
  readonly world: WorldState | null;
  readonly nodes: Readonly<Record<string, NodeStatus>>;
  /** Produced → visible in gold, over the last minute; null until something became visible. */
  readonly freshnessMs: { readonly p50: number; readonly p99: number } | null;
  readonly problems: readonly Problem[];
}

/** One second of figures; the ring of the last hour is what the charts draw. */
export interface Sample {
  readonly atMs: number;
  /** messages a second, by topic */
  readonly topics: Readonly<Record<string, number>>;
  readonly tables: Readonly<
    Record<
      string,
      {
        readonly rowsPerSecond: number;
        readonly lagMessages?: number;
        readonly lagSeconds?: number;
        /** duration of the newest batch */
        readonly batchMs?: number;
      }
    >
  >;
  readonly freshnessMs: { readonly p50: number; readonly p99: number } | null;
  readonly processes: Readonly<Record<string, { readonly rssBytes: number; readonly cpuPercent: number }>>;
}

export interface CatalogColumn {
  readonly name: string;
  readonly type: string;
  readonly comment?: string;
}
export interface CatalogTable {
  /** schema.table, as it is written in SQL */
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  readonly layer: Layer;
  readonly kind: string;
  readonly comment?: string;
  readonly columns: readonly CatalogColumn[];
  readonly partitionBy: readonly string[];
  readonly rows: number;
  readonly sizeBytes: number;
  readonly files: number;
  readonly version: number;
  readonly updatedAtMs: number;
}

export type QueryPhase = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
export interface QueryColumn {
  readonly name: string;
  /** DuckDB's type name, e.g. BIGINT, TIMESTAMP WITH TIME ZONE, DECIMAL(10,2) */
  readonly type: string;
}
export interface QueryState {
  readonly queryId: string;
  readonly sql: string;
  readonly phase: QueryPhase;
  readonly startedAtMs: number;
  readonly elapsedMs: number;
  /** 0–100 where DuckDB can tell */
  readonly progressPercent?: number;
  readonly columns: readonly QueryColumn[];
  /** rows that can be paged now */
  readonly rows: number;
  /** the result was cut at the limit of rows kept */
  readonly truncated: boolean;
  readonly problem?: Problem & { readonly line?: number; readonly column?: number };
}
/** null, boolean, number (≤ 2^53 exact), or text: 64-bit and wider integers, decimals, dates, times, JSON of nested values. */
export type Cell = string | number | boolean | null;
export interface QueryPage {
  readonly offset: number;
  readonly rows: readonly (readonly Cell[])[];
}
export interface HistoryEntry {
  readonly queryId: string;
  readonly sql: string;
  readonly phase: QueryPhase;
  readonly startedAtMs: number;
  readonly elapsedMs: number;
  readonly rows: number;
  readonly error?: string;
}
export interface SavedQuery {
  readonly name: string;
  readonly sql: string;
}
export interface Completion {
  readonly text: string;
  /** offset in the SQL text from which `text` replaces up to the cursor */
  readonly start: number;
  readonly kind: 'keyword' | 'table' | 'column' | 'function' | 'schema';
  readonly detail?: string;
}

/** One comparison of the audit: two counts that must agree. */
export interface AuditLine {
  readonly check: string;
  readonly subject: string;
  readonly counts: readonly { readonly hop: string; readonly count: number }[];
  readonly ok: boolean;
  readonly note?: string;
}
export interface AuditReport {
  readonly ok: boolean;
  readonly atMs: number;
  readonly lost: number;
  readonly lines: readonly AuditLine[];
  /** for how long the city was paused, so that all could be compared at rest */
  readonly pausedMs?: number;
}

/** What `tiffin run --json` prints. */
export interface RunReport {
  readonly ok: boolean;
  readonly produced: number;
  readonly bronze: number;
  readonly silver: number;
  readonly quarantined: number;
  readonly duplicates: number;
  readonly gold: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly freshnessMs: { readonly p50: number; readonly p99: number } | null;
  readonly rssMb: Readonly<Record<string, number>>;
  readonly cpuPercent: Readonly<Record<string, number>>;
  readonly restarts: Readonly<Record<string, number>>;
  readonly audit: AuditReport;
}

export interface LogLine {
  readonly atMs: number;
  readonly process: ProcessName;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}
