/** Puts the broker's parts together, looks after them from time to time, and takes them apart again. */
import { apis } from './apis/index.ts';
import { Catalog } from './catalog/catalog.ts';
import { settingsFrom, type BrokerConfig } from './config.ts';
import type { Services } from './context.ts';
import { openDataDir, type DataDir } from './data-dir.ts';
import { DiskReport } from './disk-report.ts';
import { BrokerError, isStorageError, messageOf, systemCode } from './errors.ts';
import { FetchSessions } from './fetch/sessions.ts';
import { GroupCoordinator } from './groups/coordinator.ts';
import { BufferPool } from './log/buffer-pool.ts';
import type { Files } from './log/files.ts';
import { nodeFiles } from './log/node-files.ts';
import { Maintenance } from './maintenance.ts';
import { measure, type BrokerMetrics } from './metrics.ts';
import { Faults } from './network/faults.ts';
import { Listener } from './network/listener.ts';
import { TransactionCoordinator } from './transactions/coordinator.ts';

export interface Broker {
  /** Where the main listener really listens. */
  readonly port: number;
  /** The ports of `config.listeners`, in their order. */
  readonly listenerPorts: readonly number[];
  readonly clusterId: string;
  readonly faults: Faults;
  metrics(): BrokerMetrics;
  /** Runs what otherwise runs from time to time: retention, compaction, expiry. */
  maintain(): Promise<void>;
  /** Ends all connections and writes everything out. */
  stop(): Promise<void>;
}

/** The parts of a broker on a folder, with no listener yet. */
export const assemble = (config: BrokerConfig, files: Files, dataDir: DataDir): Services => {
  const settings = settingsFrom(config);
  const now = config.now ?? Date.now;
  const pool = new BufferPool();
  const { log } = config;
  const catalog = new Catalog({
    files,
    dataDir: config.dataDir,
    pool,
    log,
    trustTail: dataDir.trustTail,
    defaults: settings.topicDefaults,
    partitionsMax: settings.partitionsPerTopicMax,
  });
  const groups = new GroupCoordinator(files, config.dataDir, catalog, {
    log,
    now,
    consumer: {
      sessionTimeoutMs: settings.consumerSessionTimeoutMs,
      heartbeatIntervalMs: settings.consumerHeartbeatMs,
    },
    initialDelayMs: settings.groupInitialDelayMs,
    sessionTimeoutMinMs: settings.groupSessionTimeoutMinMs,
    sessionTimeoutMaxMs: settings.groupSessionTimeoutMaxMs,
    offsetsRetentionMs: settings.offsetsRetentionMs,
  });
  const timeoutMaxMs = settings.transactionTimeoutMaxMs;
  const transactions = new TransactionCoordinator(files, config.dataDir, { catalog, groups, log, now, timeoutMaxMs });
  const { clusterId } = dataDir;
  const fetchSessions = new FetchSessions();
  return {
    files,
    settings,
    clusterId,
    catalog,
    groups,
    transactions,
    fetchSessions,
    pool,
    apis,
    now,
    log,
    disk: new DiskReport(log, now),
  };
};

const openFolder = (files: Files, config: BrokerConfig): DataDir => {
  try {
    return openDataDir(files, config.dataDir, (config.now ?? Date.now)());
  } catch (error) {
    if (error instanceof BrokerError || systemCode(error) === '') throw error;
    const sentence = `The data folder ${config.dataDir} cannot be written: ${messageOf(error)}`;
    throw new BrokerError('DATA_DIR_NOT_WRITABLE', sentence, 'Make it writable, free space, or choose another.', error);
  }
};

/** `files` and `random` are for tests; a user's broker has the real disk and real chance. */
export const startBrokerOn = async (
  config: BrokerConfig,
  files: Files = nodeFiles(),
  random: () => number = Math.random,
): Promise<Broker> => {
  const dataDir = openFolder(files, config);
  const services = assemble(config, files, dataDir);
  const faults = new Faults(random);
  const listeners = [config, ...(config.listeners ?? [])].map((one) => new Listener(one, services, faults));
  const closeParts = (): void => {
    services.transactions.close();
    services.groups.close();
    services.catalog.close();
    try {
      dataDir.stopped();
    } catch (error) {
      if (!isStorageError(error)) throw error;
      config.log('warn', `That the broker stopped cannot be noted in ${config.dataDir}: ${messageOf(error)}`);
    }
  };
  try {
    for (const listener of listeners) await listener.listen();
  } catch (error) {
    await Promise.all(listeners.map((listener) => (listener.port === 0 ? undefined : listener.close())));
    closeParts();
    throw error;
  }
  const maintenance = new Maintenance(services);
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    services.groups.dismiss();
    await Promise.all([maintenance.stop(), ...listeners.map((listener) => listener.close())]);
    closeParts();
  };
  config.log('info', `Kafka is listening on ${config.host ?? '127.0.0.1'}:${listeners[0]!.port}`);
  return {
    port: listeners[0]!.port,
    listenerPorts: listeners.slice(1).map((listener) => listener.port),
    clusterId: services.clusterId,
    faults,
    metrics: () => measure(services, listeners),
    maintain: () => maintenance.run(true),
    stop: () => (stopping ??= stop()),
  };
};
