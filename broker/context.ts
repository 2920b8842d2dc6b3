/** What a request is handled with: the broker's parts, and what is known about who asks. */
import type { Catalog } from './catalog/catalog.ts';
import type { BrokerSettings } from './config.ts';
import type { DiskReport } from './disk-report.ts';
import type { FetchSessions } from './fetch/sessions.ts';
import type { GroupCoordinator } from './groups/coordinator.ts';
import type { Files } from './log/files.ts';
import type { BufferPool } from './log/buffer-pool.ts';
import type { Authentication } from './network/authentication.ts';
import type { TransactionCoordinator } from './transactions/coordinator.ts';
import type { Log } from './types.ts';
import type { Api } from './protocol/api.ts';

export interface Services {
  readonly settings: BrokerSettings;
  readonly clusterId: string;
  readonly files: Files;
  readonly catalog: Catalog;
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly fetchSessions: FetchSessions;
  readonly pool: BufferPool;
  readonly apis: ReadonlyMap<number, Api>;
  readonly now: () => number;
  readonly log: Log;
  readonly disk: DiskReport;
}

/** Where clients of a listener find this broker. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface Peer {
  /** The client's address, as Kafka's tools show it: /127.0.0.1 */
  readonly host: string;
  readonly endpoint: Endpoint;
  readonly authentication: Authentication | undefined;
  /** What to call if the connection closes while its request waits for something. */
  readonly waits: Set<() => void>;
}

export interface Context {
  readonly services: Services;
  readonly peer: Peer;
  readonly clientId: string;
  readonly version: number;
  /** Something to be done once the answer has left (giving a buffer back). */
  afterwards(action: () => void): void;
  /** Closes the connection: the only way to tell a client of a failure that wants no answer. */
  hangUp(): void;
}

export const NODE_ID = 1;
