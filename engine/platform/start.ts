/**
 * Starting and stopping in the order that the processes need each other, and otherwise at once: all are forked together, so that
 * their modules load while the broker opens its log. A restart of any of them keeps its port.
 */
import { join } from 'node:path';
import type { Platform, PlatformOptions } from './index.ts';
import type { ChildName } from './processes.ts';
import { preferredPort } from './ports.ts';

const host = '127.0.0.1';
const wellKnown = { broker: 9092, gateway: 4480 } as const;
const triggerMs = 1_000;

export const startProcesses = async (platform: Platform, options: PlatformOptions): Promise<void> => {
  const { processes, children } = platform;
  for (const name of children) processes[name].launch();
  const start = (name: ChildName, how: () => Promise<void>): Promise<void> =>
    children.includes(name) ? how() : Promise.resolve();
  const broker = startBroker(platform, options, children.includes('broker'));
  await Promise.all([
    start('query', () => startQuery(platform)),
    start('simulator', () => startSimulator(platform)),
    broker.then(() => start('ingest', () => startIngest(platform, options))),
    broker.then(() => start('pipeline', () => startPipeline(platform))),
  ]);
};

const startBroker = async (
  platform: Platform,
  { workspace, wellKnownPorts }: PlatformOptions,
  embedded: boolean,
): Promise<void> => {
  if (workspace.settings.kafka.mode === 'external') platform.brokers = workspace.settings.kafka.brokers;
  if (!embedded) return;
  let port = wellKnownPorts ? await preferredPort(wellKnown.broker) : 0;
  const info = await platform.processes.broker.start(() => ({ host, port, dataDir: workspace.paths.kafka }));
  port = info.port;
  platform.brokers = [`${host}:${port}`];
};

const startIngest = async (platform: Platform, { workspace, wellKnownPorts }: PlatformOptions): Promise<void> => {
  let port = wellKnownPorts ? await preferredPort(wellKnown.gateway) : 0;
  const info = await platform.processes.ingest.start(() => ({
    brokers: platform.brokers,
    port,
    oltpPath: workspace.paths.oltp,
    statePath: workspace.paths.ingest,
  }));
  port = info.port;
  platform.setGateway(info.url);
};

const startPipeline = async (platform: Platform): Promise<void> => {
  const { paths } = platform.workspace;
  await platform.processes.pipeline.start(() => ({
    projectDir: paths.root,
    lakeRoot: paths.lake,
    tmpDir: join(paths.tmp, 'pipeline'),
    brokers: platform.brokers,
    triggerMs,
    memoryLimitMb: 300,
  }));
};

const startSimulator = async (platform: Platform): Promise<void> => {
  const { workspace } = platform;
  await platform.processes.simulator.start(() => ({
    gatewayUrl: platform.gatewayUrl,
    feed: platform.feed,
    oltpPath: workspace.paths.oltp,
    ledgerPath: workspace.paths.ledger,
  }));
};

const startQuery = async (platform: Platform): Promise<void> => {
  const { paths } = platform.workspace;
  await platform.processes.query.start(() => ({
    lakeDir: paths.lake,
    exportsDir: paths.exports,
    tmpDir: join(paths.tmp, 'query'),
    memoryLimitMb: 300,
    threads: 2,
    connections: 4,
  }));
};

/** Against the stream's direction: first who writes, then who reads, at last the broker. */
export const stopProcesses = async ({ processes }: Platform): Promise<void> => {
  await Promise.all([processes.simulator.stop(), processes.query.stop()]);
  await processes.ingest.stop();
  await processes.pipeline.stop();
  await processes.broker.stop();
};
