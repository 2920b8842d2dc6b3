/**
 * What each process is, as the engine sees it: the data it is started from, what it tells, what it can be asked. The rooms have
 * their own types; `children/<name>.ts` translates, so that a change in a room ends there.
 */
import type {
  CatalogTable,
  Completion,
  FlowGraph,
  NodeStatus,
  Problem,
  QueryPage,
  QueryState,
  WorldState,
} from '../contract/index.ts';
import type { ActiveFault, FaultRule } from '../../broker/index.ts';
import type { CdcCounts } from '../../ingest/index.ts';
import type { JsonValue } from '../../lake/index.ts';
import type { LedgerReport, Scenario, WorldOptions } from '../../simulator/index.ts';
import type { ExportFormat, TableComparison, TableProgress } from '../query/session/index.ts';
import type { BrokerFile } from '../kafka/broker-file.ts';
import type { DatabaseConfig } from '../query/session/database.ts';

type Nothing = Record<string, never>;

export interface BrokerRole {
  config: BrokerFile & { host: string; port: number; dataDir: string };
  /** The port of the main listener, and those of further ones in their order. */
  info: { port: number; listenerPorts: readonly number[] };
  /** null: a broker that does not tell */
  metrics: { topics: Readonly<Record<string, { messages: number; bytes: number }>> | null };
  asks: {
    /** Puts faults on requests, in place of those before; none at all unless this was asked. */
    'set faults': { input: readonly FaultRule[]; answer: null };
    /** The faults, and how often each has struck. */
    faults: { input: Nothing; answer: readonly ActiveFault[] };
  };
  event: never;
}

/** An Apache Kafka in the embedded one's place. */
export interface ApacheRole extends Omit<BrokerRole, 'config' | 'asks'> {
  asks: Nothing;
  config: { port: number; dataDir: string; jarsDir: string; java: string | null };
}

export interface IngestRole {
  config: { brokers: readonly string[]; port: number; oltpPath: string; statePath: string };
  info: { port: number; url: string };
  metrics: {
    /** since the process started */
    accepted: number;
    duplicates: number;
    cdc: {
      position: number;
      lagChanges: number;
      state: 'waiting' | 'snapshot' | 'streaming' | 'failed' | 'stopped';
    } | null;
    problem: Problem | null;
  };
  asks: {
    /** Resolves when every change that the shop's database holds now is in Kafka. */
    cdcDrained: { input: Nothing; answer: { position: number } };
    cdcCounts: { input: Nothing; answer: CdcCounts };
  };
  event: never;
}

/** What the simulator feeds into the platform. `source`: the name under which gateway and ledger keep its position. */
export type Feed =
  | {
      readonly kind: 'world';
      readonly source: string;
      readonly world: WorldOptions;
      /** null: as fast as it goes */
      readonly ratePerSecond: number | null;
      /** Stops when the source has as many events, counted from its very first; null: never. */
      readonly untilEvents: number | null;
    }
  | {
      readonly kind: 'replay';
      readonly source: string;
      readonly file: string;
      readonly ratePerSecond: number | null;
      readonly eventsMax: number | null;
    };

export interface SimulatorRole {
  config: {
    oltpPath: string;
    ledgerPath: string;
    gatewayUrl: string | null;
    /** null: idle until `begin` */
    feed: Feed | null;
  };
  info: Nothing;
  metrics: { world: WorldState | null };
  asks: {
    /** Starts feeding. Asked again (after a restart) it changes nothing. */
    begin: { input: { gatewayUrl: string; feed: Feed }; answer: null };
    start: { input: Nothing; answer: WorldState };
    pause: { input: Nothing; answer: WorldState };
    setRate: { input: { ratePerSecond: number | null }; answer: WorldState };
    /** Resolves when all that it was to feed is acknowledged; how much that is, over all lives of the source. */
    done: { input: Nothing; answer: { generated: number } };
    /** Is the file a CSV that can be replayed? Refuses with a sentence. */
    check: { input: { file: string }; answer: { rows: number; columns: readonly string[] } };
    /** Feeds a source that is not fed now up to its end, so that its books are right; then puts it away. */
    settle: { input: { gatewayUrl: string; feed: Feed }; answer: null };
    scenario: { input: { dir: string; name: string }; answer: Scenario };
    ledger: { input: Nothing; answer: LedgerReport };
  };
  event: never;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

export interface PipelineRole {
  config: {
    projectDir: string;
    lakeRoot: string;
    tmpDir: string;
    brokers: readonly string[];
    triggerMs: number;
    memoryLimitMb: number;
  };
  info: Nothing;
  metrics: {
    tables: Readonly<Record<string, NodeStatus>>;
    /** topic → messages, as far as the pipelines read topics: for a Kafka that is not ours to measure */
    topicEnds: Readonly<Record<string, number>>;
    /** Produced → visible in gold, since the process started. */
    freshness: Percentiles | null;
    freshnessLastMinute: Percentiles | null;
    /** When it changed. */
    graph?: FlowGraph;
  };
  asks: {
    graph: { input: Nothing; answer: FlowGraph };
    /** Resolves when all that Kafka held when it was asked is visible in gold. */
    drain: { input: Nothing; answer: null };
    refresh: { input: { tables: readonly string[] | null; full: boolean }; answer: null };
  };
  event: never;
}

export interface QueryRole {
  config: DatabaseConfig;
  info: Nothing;
  metrics: Nothing;
  asks: {
    run: { input: { queryId: string; sql: string }; answer: QueryState };
    cancel: { input: { queryId: string }; answer: QueryState };
    page: { input: { queryId: string; offset: number; limit: number }; answer: QueryPage };
    complete: { input: { sql: string; cursor: number }; answer: Completion[] };
    catalog: { input: Nothing; answer: CatalogTable[] };
    export: { input: { queryId: string; format: ExportFormat; path: string }; answer: void };
    inspect: {
      input: { statements: readonly string[] };
      answer: { tables: TableProgress[]; rows: Record<string, JsonValue>[][] };
    };
    compare: { input: { oltpPath: string }; answer: TableComparison[] };
  };
  event: QueryState;
}
