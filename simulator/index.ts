/** The seeded city: its events, its operational database, the replay of files, and the ledger of what is true. */
export { SimulatorError } from './failure.ts';
export { readLedger } from './ledger.ts';
export type { LedgerReport, LedgerSource, TopicCounts } from './ledger.ts';
export { listScenarios, loadScenario } from './scenario.ts';
export type { Scenario } from './scenario.ts';
export { shopSchema } from './shop/schema.ts';
export { checkCsv } from './replay/check.ts';
export type { CsvFacts } from './replay/check.ts';
export { replayFile } from './replay/replay.ts';
export type { Replay, ReplayConfig, ReplayMetrics, ReplayState } from './replay/replay.ts';
export type { RunConfig, RunPhase, RunStatus } from './feed/run.ts';
export { startSimulator } from './simulator.ts';
export type { Simulator, SimulatorConfig, SimulatorMetrics, SimulatorState } from './simulator.ts';
export { EventStream } from './stream.ts';
export type { Batch, Mark, ShopOperation } from './stream.ts';
export { createWorld, defaultStartMs } from './world.ts';
export type { World, WorldOptions } from './world.ts';
