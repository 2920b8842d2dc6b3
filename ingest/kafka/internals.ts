/**
 * The parts of kafkajs (2.2.4) below its producer and consumer, typed. Its public API has no fetch without a consumer group and
 * no produce without its own slow encoder; its cluster has both, with its discovery, TLS and SASL. Nothing outside `kafka/`
 * knows of this.
 */
import { createRequire } from 'node:module';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Kafka, type KafkaConfig, type ISocketFactory, logLevel } from 'kafkajs';
import type { Log } from '../failure.ts';

export interface FetchedMessage {
  readonly offset: string;
  readonly headers?: Readonly<Record<string, Buffer | Buffer[] | undefined>>;
}

interface TopicPartitions<T> {
  readonly topic: string;
  readonly partitions: readonly T[];
}

export interface Broker {
  readonly connectionPool: { send(protocol: { request: object; response: object }): Promise<unknown> };
  fetch(request: {
    isolationLevel: number;
    maxWaitTime: number;
    maxBytes: number;
    topics: readonly TopicPartitions<{ partition: number; fetchOffset: string; maxBytes: number }>[];
  }): Promise<{ responses: { partitions: { highWatermark: string; messages: FetchedMessage[] }[] }[] }>;
  createTopics(request: {
    topics: readonly { topic: string; numPartitions: number }[];
    timeout: number;
  }): Promise<unknown>;
  initProducerId(request: { transactionTimeout: number }): Promise<{ producerId: string; producerEpoch: number }>;
}

export interface TopicMetadata {
  readonly topic: string;
  readonly partitionMetadata: readonly { partitionId: number; leader: number; partitionErrorCode: number }[];
}

export interface Cluster {
  readonly brokerPool: {
    readonly metadata: { topicMetadata: TopicMetadata[] } | null;
    findConnectedBroker(): Promise<Broker>;
  };
  connect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  findBroker(node: { nodeId: number | string }): Promise<Broker>;
  findControllerBroker(): Promise<Broker>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>;
  fetchTopicsOffset(
    topics: readonly (TopicPartitions<{ partition: number }> & { fromBeginning: boolean })[],
  ): Promise<TopicPartitions<{ partition: number; offset: string }>[]>;
}

type ClusterClass = new (options: object) => Cluster;
interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const require = createRequire(import.meta.url);
const ClusterOfKafkajs: ClusterClass = require('kafkajs/src/cluster');
const queueOfKafkajs: { prototype: RequestQueue } = require('kafkajs/src/network/requestQueue');

/**
 * kafkajs looks for requests that wait in a timer that sets itself again at once, with a negative delay, on every connection
 * for ever: three per cent of a core for nothing, and a warning from Node. It is enough to look while there are any.
 */
const { scheduleCheckPendingRequests } = queueOfKafkajs.prototype;
queueOfKafkajs.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
};

export interface Connection {
  readonly cluster: Cluster;
  /** Cuts the sockets at once; kafkajs would wait for the answers that are due. */
  cut(): void;
}

export type ConnectionSettings = Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl'>;

/** A cluster that does not retry: its user decides what a failure means. */
export function openConnection(settings: ConnectionSettings, log: Log, onLost: (reason: Error) => void): Connection {
  const sockets = new Set<Socket>();
  let wasCut = false;
  const closed = (socket: Socket): void => {
    sockets.delete(socket);
    if (!wasCut) onLost(new Error(`the connection to Kafka at ${settings.brokers.toString()} was closed`));
  };
  const logCreator = () => (entry: { log: { message: string } }) => log('debug', `kafkajs: ${entry.log.message}`);
  const kafka = new Kafka({ ...settings, logLevel: logLevel.WARN, logCreator });
  const cluster = new ClusterOfKafkajs({
    ...settings,
    logger: kafka.logger(),
    clientId: 'tiffin-ingest',
    socketFactory: trackingSocketFactory(sockets, closed),
    connectionTimeout: 2_000,
    authenticationTimeout: 10_000,
    reauthenticationThreshold: 10_000,
    requestTimeout: 30_000,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    retry: { retries: 0 },
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
  });
  return {
    cluster,
    cut: () => {
      wasCut = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}

function trackingSocketFactory(sockets: Set<Socket>, closed: (socket: Socket) => void): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = ssl
      ? connectTls({ host, port, ...servername, ...ssl }, onConnect)
      : connectPlain({ host, port }, onConnect);
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => closed(socket));
    return socket;
  };
}
