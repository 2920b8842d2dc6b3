/**
 * The engine's procedures as the UI calls them: `api.query.page.query({...})`. One hand-written shape, so that what the
 * page depends on is visible in one place; the compiler checks it against the engine's own router in `client.ts`.
 */
import type {
  AuditReport,
  CatalogTable,
  CompleteInput,
  Completion,
  ExportInput,
  FlowGraph,
  HistoryEntry,
  HistoryInput,
  LogLine,
  LogsInput,
  PageInput,
  PlatformState,
  ProcessInput,
  QueryInput,
  QueryPage,
  QueryState,
  RateInput,
  RunInput,
  Sample,
  SavedInput,
  SavedQuery,
  WorldState,
} from '../../engine/contract/index.ts';

interface CallOptions {
  readonly signal?: AbortSignal;
}
export interface Query<Input, Output> {
  query(input: Input, options?: CallOptions): Promise<Output>;
}
export interface Mutation<Input, Output> {
  mutate(input: Input, options?: CallOptions): Promise<Output>;
}
export interface Observer<Output> {
  readonly onData: (value: Output) => void;
  readonly onError: (error: unknown) => void;
  readonly onComplete?: () => void;
}
export interface Subscription<Input, Output> {
  subscribe(input: Input, observer: Observer<Output>): { unsubscribe(): void };
}

export interface Api {
  readonly platform: {
    readonly state: Query<void, PlatformState>;
    readonly watch: Subscription<void, PlatformState>;
    readonly graph: Query<void, FlowGraph>;
    readonly logs: Query<Partial<LogsInput>, LogLine[]>;
  };
  readonly processes: { readonly kill: Mutation<ProcessInput, unknown> };
  readonly world: {
    readonly start: Mutation<void, WorldState>;
    readonly pause: Mutation<void, WorldState>;
    readonly setRate: Mutation<RateInput, WorldState>;
  };
  readonly metrics: {
    readonly history: Query<HistoryInput, Sample[]>;
    readonly watch: Subscription<void, Sample>;
  };
  readonly catalog: { readonly list: Query<void, CatalogTable[]> };
  readonly query: {
    readonly run: Mutation<RunInput, QueryState>;
    readonly watch: Subscription<QueryInput, QueryState>;
    readonly page: Query<PageInput, QueryPage>;
    readonly cancel: Mutation<QueryInput, QueryState>;
    readonly complete: Query<CompleteInput, Completion[]>;
    readonly history: Query<void, HistoryEntry[]>;
    readonly saved: Query<void, SavedQuery[]>;
    readonly save: Mutation<SavedInput, unknown>;
    readonly remove: Mutation<{ name: string }, unknown>;
    readonly export: Mutation<ExportInput, { url: string; fileName: string; sizeBytes: number }>;
  };
  readonly audit: { readonly run: Mutation<void, AuditReport> };
}
