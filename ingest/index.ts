/**
 * Ingest: how data gets into Kafka. The HTTP gateway for events, change data capture for the shop's database, and the
 * publisher below both, which appends every record exactly once.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Cdc, type CdcCounts, type CdcMetrics } from './cdc/cdc.ts';
import type { Log } from './failure.ts';
import { type Gateway, startGateway } from './gateway/gateway.ts';
import { createKafkaClient } from './kafka/client.ts';
import type { ConnectionSettings } from './kafka/internals.ts';
import { openCheckpoint } from './publisher/checkpoint.ts';
import { Publisher } from './publisher/publisher.ts';

export type { CdcCounts, CdcMetrics, CdcProblem } from './cdc/cdc.ts';
export { Failure as IngestFailure } from './failure.ts';

export interface IngestConfig {
  readonly brokers: string[];
  /** TLS and SASL of an external cluster, as kafkajs takes them. */
  readonly ssl?: ConnectionSettings['ssl'];
  readonly sasl?: ConnectionSettings['sasl'];
  readonly host: '127.0.0.1';
  /** 0: any that is free */
  readonly port: number;
  /** ingest.db */
  readonly statePath: string;
  /** The database to capture; it may not exist yet. */
  readonly oltpPath?: string;
  /** of topics that do not exist yet; 3 if not given */
  readonly defaultPartitions?: number;
  readonly cdcPollMs?: number;
  readonly bodyBytesMax?: number;
  /** How long a POST waits for a Kafka that went away before it is answered with 503. */
  readonly patienceMs?: number;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export interface TopicMetrics {
  /** records that were new, and are in Kafka */
  readonly accepted: number;
  /** records that Kafka had already */
  readonly duplicates: number;
  /** requests that were refused for one of their lines */
  readonly rejected: number;
}

/** All counts are cumulative since the start of this process. */
export interface IngestMetrics {
  readonly topics: Readonly<Record<string, TopicMetrics>>;
  readonly kafka: { readonly state: 'connecting' | 'connected' | 'away'; readonly problem: string | null };
  /** null: nothing is captured */
  readonly cdc: CdcMetrics | null;
}

export interface Ingest {
  readonly gatewayUrl: string;
  metrics(): IngestMetrics;
  /** Resolves when all changes that are in the database at the call are acknowledged by Kafka. */
  cdcDrained(): Promise<{ position: number }>;
  /** By table, how many messages have to be in its topic. */
  cdcCounts(): CdcCounts;
  /** Takes no more, finishes what is under way, and writes down where it stands. */
  stop(): Promise<void>;
}

export async function startIngest(config: IngestConfig): Promise<Ingest> {
  const { brokers, ssl, sasl, statePath, log, now, host, port, oltpPath, patienceMs } = config;
  mkdirSync(dirname(statePath), { recursive: true });
  const checkpoint = openCheckpoint(statePath);
  const settings = { brokers, ...(ssl === undefined ? {} : { ssl }), ...(sasl === undefined ? {} : { sasl }) };
  const partitions = config.defaultPartitions ?? 3;
  const patience = patienceMs === undefined ? {} : { patienceMs };
  const publisher = new Publisher({
    port: createKafkaClient(settings, log),
    checkpoint,
    log,
    now,
    partitions,
    ...patience,
  });
  let gateway: Gateway;
  try {
    gateway = await startGateway({ host, port, publisher, log, now, bodyBytesMax: config.bodyBytesMax ?? 8 << 20 });
  } catch (error) {
    await publisher.stop();
    checkpoint.close();
    throw error;
  }
  const pollMs = config.cdcPollMs ?? 100;
  const cdc = oltpPath === undefined ? null : new Cdc({ path: oltpPath, publisher, checkpoint, log, now, pollMs });
  return {
    gatewayUrl: gateway.url,
    metrics: () => ({ topics: topicMetrics(publisher, gateway), kafka: publisher.kafka, cdc: cdc?.metrics() ?? null }),
    cdcDrained: async () => (await cdc?.drained()) ?? { position: 0 },
    cdcCounts: () => cdc?.counts() ?? { position: 0, tables: {} },
    stop: async () => {
      await Promise.all([gateway.stop(), cdc?.stop(), publisher.stop()]);
      checkpoint.close();
    },
  };
}

function topicMetrics(publisher: Publisher, gateway: Gateway): Record<string, TopicMetrics> {
  const metrics = new Map<string, TopicMetrics>();
  for (const [topic, totals] of publisher.totals()) metrics.set(topic, { ...totals, rejected: 0 });
  for (const [topic, rejected] of gateway.rejected)
    metrics.set(topic, { ...(metrics.get(topic) ?? { accepted: 0, duplicates: 0 }), rejected });
  return Object.fromEntries(metrics);
}
