/**
 * The embedded Kafka: a broker for one machine that speaks the real protocol over TCP and keeps batches as they come.
 * Needs nothing but Node. See docs/ARCHITECTURE.md for its place, `apis/` for what it serves.
 */
import { startBrokerOn, type Broker } from './broker.ts';
import type { BrokerConfig } from './config.ts';

export type { Broker } from './broker.ts';
export type { BrokerConfig, ListenerConfig, SaslConfig, TlsConfig } from './config.ts';
export type { BrokerMetrics, GroupMetrics, TopicMetrics } from './metrics.ts';
export type { ActiveFault, FaultEffect, FaultRule, Faults } from './network/faults.ts';
export { BrokerError } from './errors.ts';

/** Starts a broker. Fails with a BrokerError (`code`, `message`, `hint`) if the port or the folder cannot be used. */
export const startBroker = (config: BrokerConfig): Promise<Broker> => startBrokerOn(config);
