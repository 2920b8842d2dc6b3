/** What the broker can be told at its start, with its defaults. */
import { BrokerError } from './errors.ts';
import type { TopicConfig } from './catalog/topic-config.ts';
import { configProblem } from './catalog/topic-config.ts';
import type { Log } from './types.ts';

export interface SaslConfig {
  readonly mechanisms?: readonly ('PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512')[];
  readonly users: readonly { readonly name: string; readonly password: string }[];
}

export interface TlsConfig {
  /** PEM */
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  /** If given, clients must show a certificate signed by it. */
  readonly clientCa?: string | Buffer;
}

export interface ListenerConfig {
  /** 127.0.0.1 if not given: reachable from this machine only. */
  readonly host?: string;
  /** 0: any free port */
  readonly port: number;
  /** What clients are told to connect to; `host` and the real port if not given. */
  readonly advertisedHost?: string;
  readonly advertisedPort?: number;
  readonly tls?: TlsConfig;
  readonly sasl?: SaslConfig;
}

export interface BrokerConfig extends ListenerConfig {
  readonly dataDir: string;
  readonly log: Log;
  /** The clock: Unix milliseconds. */
  readonly now?: () => number;
  /** Further listeners, say with TLS or SASL. */
  readonly listeners?: readonly ListenerConfig[];
  readonly autoCreateTopics?: boolean;
  readonly defaultPartitions?: number;
  /** Defaults of topic configurations, under Kafka's names. */
  readonly topicDefaults?: TopicConfig;
  readonly partitionsPerTopicMax?: number;
  readonly requestBytesMax?: number;
  readonly fetchBytesMax?: number;
  readonly connectionsMax?: number;
  /** Connections that have been silent for so long are closed. */
  readonly idleConnectionMs?: number;
  /** How long the first rebalance of a group waits for more members. */
  readonly groupInitialDelayMs?: number;
  readonly groupSessionTimeoutMinMs?: number;
  readonly groupSessionTimeoutMaxMs?: number;
  /** For groups of the new protocol (KIP-848), where the broker sets both. */
  readonly consumerSessionTimeoutMs?: number;
  readonly consumerHeartbeatMs?: number;
  readonly offsetsRetentionMs?: number;
  readonly transactionTimeoutMaxMs?: number;
  /** How often compaction and expiry are looked after. */
  readonly maintenanceMs?: number;
  /** How often records that are too old or too many go: Kafka's log.retention.check.interval.ms. */
  readonly retentionCheckMs?: number;
}

export interface BrokerSettings {
  readonly dataDir: string;
  readonly autoCreateTopics: boolean;
  readonly defaultPartitions: number;
  readonly partitionsPerTopicMax: number;
  readonly topicDefaults: TopicConfig;
  readonly requestBytesMax: number;
  readonly fetchBytesMax: number;
  readonly connectionsMax: number;
  readonly idleConnectionMs: number;
  readonly groupInitialDelayMs: number;
  readonly groupSessionTimeoutMinMs: number;
  readonly groupSessionTimeoutMaxMs: number;
  readonly consumerSessionTimeoutMs: number;
  readonly consumerHeartbeatMs: number;
  readonly offsetsRetentionMs: number;
  readonly transactionTimeoutMaxMs: number;
  readonly maintenanceMs: number;
  readonly retentionCheckMs: number;
}

const DAY_MS = 86_400_000;

const defaults: Omit<BrokerSettings, 'dataDir'> = {
  autoCreateTopics: true,
  defaultPartitions: 1,
  partitionsPerTopicMax: 1000,
  topicDefaults: {},
  requestBytesMax: 100 * 1024 * 1024,
  fetchBytesMax: 16 * 1024 * 1024,
  connectionsMax: 20_000,
  idleConnectionMs: 600_000,
  groupInitialDelayMs: 100,
  groupSessionTimeoutMinMs: 6000,
  groupSessionTimeoutMaxMs: 1_800_000,
  consumerSessionTimeoutMs: 45_000,
  consumerHeartbeatMs: 5000,
  offsetsRetentionMs: 7 * DAY_MS,
  transactionTimeoutMaxMs: 900_000,
  maintenanceMs: 10_000,
  retentionCheckMs: 300_000,
};

/** Fills in the defaults and refuses what cannot be meant. */
export const settingsFrom = (config: BrokerConfig): BrokerSettings => {
  const given = Object.entries(config).filter(([name, value]) => name in defaults && value !== undefined);
  const settings: BrokerSettings = { ...defaults, ...Object.fromEntries(given), dataDir: config.dataDir };
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === 'number' && !(Number.isFinite(value) && value >= 0))
      throw new BrokerError('INVALID_CONFIG', `${name} is ${value}`, 'Give a number of at least 0.');
  }
  const problem = configProblem(settings.topicDefaults, {});
  if (problem !== undefined) throw new BrokerError('INVALID_CONFIG', problem, 'Correct topicDefaults.');
  return settings;
};
