/**
 * The validators of everything that the UI may send. One zod schema per input; its type is derived from it.
 *
 * Procedures (tRPC over WebSocket, path `/api`, `connectionParams: {token}`):
 *   platform.state → PlatformState          platform.watch (subscription, 1/s) → PlatformState
 *   platform.graph → FlowGraph              platform.logs(LogsInput) → LogLine[]
 *   processes.kill(ProcessInput) → void     (SIGKILL, to show that it holds; not the engine itself)
 *   world.start / world.pause → WorldState  world.setRate(RateInput) → WorldState
 *   metrics.history(HistoryInput) → Sample[] metrics.watch (subscription, 1/s) → Sample
 *   catalog.list → CatalogTable[]
 *   query.run(RunInput) → QueryState        query.watch(QueryInput) (subscription) → QueryState until it is done, failed or cancelled
 *   query.page(PageInput) → QueryPage       query.cancel(QueryInput) → QueryState
 *   query.complete(CompleteInput) → Completion[]
 *   query.history → HistoryEntry[]          query.saved → SavedQuery[]   query.save(SavedInput) → void   query.remove(NameInput) → void
 *   query.export(ExportInput) → {url, fileName, sizeBytes}   (a same-origin URL that downloads the file)
 *   audit.run → AuditReport                 (pauses the city for the moment that it takes to compare at rest)
 *   pipeline.refresh(RefreshInput) → void   (without tables: all)
 */
import { z } from 'zod';

export const processInput = z.object({ name: z.enum(['broker', 'simulator', 'ingest', 'pipeline', 'query']) });
export const rateInput = z.object({ ratePerSecond: z.number().int().min(1).max(200_000).nullable() });
export const historyInput = z.object({
  fromMs: z.number().int().nonnegative(),
  toMs: z.number().int().nonnegative(),
  /** samples are averaged into steps of this length */
  stepMs: z.number().int().min(1000).max(3_600_000).default(1000),
});
export const logsInput = z.object({
  process: z.enum(['engine', 'broker', 'simulator', 'ingest', 'pipeline', 'query']).optional(),
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  limit: z.number().int().min(1).max(5000).default(500),
});
export const runInput = z.object({ sql: z.string().min(1).max(1_000_000) });
export const queryInput = z.object({ queryId: z.string().min(1).max(64) });
export const pageInput = z.object({
  queryId: z.string().min(1).max(64),
  offset: z.number().int().nonnegative(),
  limit: z.number().int().min(1).max(5000),
});
export const completeInput = z.object({ sql: z.string().max(1_000_000), cursor: z.number().int().nonnegative() });
export const savedInput = z.object({ name: z.string().trim().min(1).max(120), sql: z.string().min(1).max(1_000_000) });
export const nameInput = z.object({ name: z.string().trim().min(1).max(120) });
export const exportInput = z.object({
  queryId: z.string().min(1).max(64),
  format: z.enum(['csv', 'json', 'parquet']),
});
export const refreshInput = z.object({ tables: z.array(z.string()).optional(), full: z.boolean().default(false) });

export type ProcessInput = z.infer<typeof processInput>;
export type RateInput = z.infer<typeof rateInput>;
export type HistoryInput = z.infer<typeof historyInput>;
export type LogsInput = z.infer<typeof logsInput>;
export type RunInput = z.infer<typeof runInput>;
export type QueryInput = z.infer<typeof queryInput>;
export type PageInput = z.infer<typeof pageInput>;
export type CompleteInput = z.infer<typeof completeInput>;
export type SavedInput = z.infer<typeof savedInput>;
export type ExportInput = z.infer<typeof exportInput>;
export type RefreshInput = z.infer<typeof refreshInput>;
