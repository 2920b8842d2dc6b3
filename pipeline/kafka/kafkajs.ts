/**
 * The parts of kafkajs (2.2.4, pinned) that lie below its consumer: connections, authentication, versions and requests.
 *
 * Its consumer does not fit here. Progress lives in the lake and not in a consumer group; a batch starts at an exact offset
 * and ends when we say; a topic that appears later must be found within a second; and a consumer group's rebalancing would
 * only be in the way. So one request at a time is sent through kafkajs's own connections, and its Fetch decoder is replaced.
 */
import { createRequire } from 'node:module';
import { decodeFetchResponse, type FetchResponse } from './fetch-response.ts';

export interface Metadata {
  readonly brokers: readonly { nodeId: number; host: string; port: number }[];
  readonly topicMetadata: readonly {
    topic: string;
    topicErrorCode: number;
    isInternal?: boolean;
    partitionMetadata: readonly { partitionId: number; partitionErrorCode: number; leader: number }[];
  }[];
}

export interface FetchRequest {
  readonly isolationLevel: number;
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
}

export interface ListOffsetsResponse {
  readonly responses: { topic: string; partitions: { partition: number; offset: string }[] }[];
}

interface Protocol {
  readonly request: { readonly apiVersion: number };
  readonly response: object;
}

interface ConnectionPool {
  send(request: { request: object; response: object; requestTimeout: number }): Promise<unknown>;
}

interface KafkaBroker {
  connectionPool: ConnectionPool;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  metadata(topics: string[]): Promise<Metadata>;
  listOffsets(request: {
    replicaId: number;
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; timestamp: string }[] }[];
  }): Promise<ListOffsetsResponse>;
  lookupRequest(apiKey: number, definition: object): (request: FetchRequest) => Protocol;
}

interface Logger {
  namespace(): Logger;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

const require = createRequire(import.meta.url);
const Broker = require('kafkajs/src/broker') as new (options: object) => KafkaBroker;
const connectionPoolBuilder = require('kafkajs/src/cluster/connectionPoolBuilder') as (options: object) => {
  build(address: { host: string; port: number }): Promise<ConnectionPool>;
};
const socketFactory = require('kafkajs/src/network/socketFactory') as () => object;
const { requests } = require('kafkajs/src/protocol/requests') as { requests: { Fetch: object } };
const fetchApiKey = 1;
const requestTimeoutMs = 30_000;

export type { KafkaBroker };

export interface ConnectionOptions {
  readonly clientId: string;
  readonly ssl?: object | boolean;
  readonly sasl?: object;
  readonly debug: (message: string) => void;
}

export const connectBroker = async (
  address: { host: string; port: number },
  { clientId, ssl, sasl, debug }: ConnectionOptions,
): Promise<KafkaBroker> => {
  const logger: Logger = { namespace: () => logger, debug: () => undefined, info: debug, warn: debug, error: debug };
  const builder = connectionPoolBuilder({
    logger,
    socketFactory: socketFactory(),
    brokers: [`${address.host}:${address.port}`],
    ssl: ssl ?? null,
    sasl: sasl ?? null,
    clientId,
    connectionTimeout: 3000,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    reauthenticationThreshold: 10_000,
  });
  const connectionPool = await builder.build(address);
  const broker = new Broker({ connectionPool, logger, allowAutoTopicCreation: false });
  await broker.connect();
  return broker;
};

export const fetchFrom = async (broker: KafkaBroker, request: FetchRequest): Promise<FetchResponse> => {
  const protocol = broker.lookupRequest(fetchApiKey, requests.Fetch)(request);
  const response = {
    decode: async (data: Buffer): Promise<FetchResponse> => decodeFetchResponse(data, protocol.request.apiVersion),
    parse: async (decoded: FetchResponse): Promise<FetchResponse> => decoded,
  };
  const sent = { request: protocol.request, response, requestTimeout: requestTimeoutMs };
  return (await broker.connectionPool.send(sent)) as FetchResponse;
};
