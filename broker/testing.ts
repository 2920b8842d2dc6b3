/** What the broker's own tests share: a broker on a free port with a folder of its own, and kafkajs clients. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker } from './broker.ts';
import type { BrokerConfig } from './config.ts';
import { startBroker } from './index.ts';
import type { Log } from './types.ts';

export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields?: object | undefined;
}

export interface TestBroker {
  readonly broker: Broker;
  readonly dir: string;
  readonly logged: Logged[];
  readonly brokers: string[];
  /** Stops the broker and starts another on the same folder. */
  restart(changes?: Partial<BrokerConfig>): Promise<TestBroker>;
  /** Stops the broker and removes its folder. */
  end(): Promise<void>;
}

export const tempDir = (): string => mkdtempSync(join(tmpdir(), 'tiffin-broker-'));

export const startTestBroker = async (config: Partial<BrokerConfig> = {}): Promise<TestBroker> => {
  const logged: Logged[] = [];
  const log: Log = (level, message, fields) => void logged.push({ level, message, fields });
  const dir = config.dataDir ?? tempDir();
  const broker = await startBroker({ port: 0, log, groupInitialDelayMs: 10, ...config, dataDir: dir });
  return {
    broker,
    dir,
    logged,
    brokers: [`127.0.0.1:${broker.port}`],
    async restart(changes = {}) {
      await broker.stop();
      return startTestBroker({ ...config, ...changes, dataDir: dir });
    },
    async end() {
      await broker.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
