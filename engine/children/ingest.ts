/** Entry point of the ingest process: the HTTP gateway and change data capture. */
import { startIngest, type IngestMetrics } from '../../ingest/index.ts';
import type { Problem } from '../contract/index.ts';
import { hostChild } from './host.ts';
import type { IngestRole } from './roles.ts';

hostChild<IngestRole>(async ({ brokers, port, oltpPath, statePath }, { log }) => {
  const ingest = await startIngest({
    brokers: [...brokers],
    host: '127.0.0.1',
    port,
    statePath,
    oltpPath,
    log,
    now: Date.now,
  });
  return {
    info: { url: ingest.gatewayUrl, port: Number(new URL(ingest.gatewayUrl).port) },
    metrics: () => metricsOf(ingest.metrics()),
    asks: {
      cdcDrained: () => ingest.cdcDrained(),
      cdcCounts: () => ingest.cdcCounts(),
    },
    stop: () => ingest.stop(),
  };
});

const metricsOf = ({ topics, kafka, cdc }: IngestMetrics): IngestRole['metrics'] => {
  const counts = Object.values(topics);
  return {
    accepted: counts.reduce((sum, topic) => sum + topic.accepted, 0),
    duplicates: counts.reduce((sum, topic) => sum + topic.duplicates, 0),
    cdc: cdc && { position: cdc.position, lagChanges: cdc.lagChanges, state: cdc.state },
    problem: cdc?.problem ?? problemOfKafka(kafka),
  };
};

const problemOfKafka = ({ state, problem }: IngestMetrics['kafka']): Problem | null =>
  state === 'away'
    ? {
        code: 'KAFKA_AWAY',
        message: problem ?? 'Kafka does not answer.',
        hint: 'Events wait at their source and nothing is lost; it goes on by itself when Kafka is back.',
      }
    : null;
