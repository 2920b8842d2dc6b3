/** `tiffin broker`: the embedded Kafka alone, in a process of its own that is started again should it die. */
import { join } from 'node:path';
import type { ListenerConfig } from '../../broker/index.ts';
import { openLogs } from '../logs.ts';
import { createProcesses } from '../platform/processes.ts';
import { readBrokerFile } from '../kafka/broker-file.ts';
import { exitCodes, logText, narrate, print } from './output.ts';
import { onStopRequest } from './signals.ts';

export interface BrokerOptions {
  readonly workspace: string;
  readonly port?: number;
  readonly data?: string;
  readonly config?: string;
}

const kafkaPort = 9092;

export const brokerCommand = async (options: BrokerOptions): Promise<number> => {
  const stop = onStopRequest();
  // Until it is ready its lines are kept: if it cannot start, one sentence says why.
  const early: string[] = [];
  let tell = (message: string): void => void early.push(message);
  const logs = openLogs({ onLine: (line) => line.level !== 'debug' && tell(logText(line)) });
  const dataDir = options.data ?? join(options.workspace, 'kafka');
  const file = options.config === undefined ? {} : readBrokerFile(options.config);
  const { broker } = createProcesses(logs, 'embedded');
  let port = options.port ?? file.port ?? kafkaPort;
  let listeners = file.listeners ?? [];
  const started = broker.start(() => ({ host: '127.0.0.1', ...file, port, dataDir, listeners }));
  try {
    const ports = await started;
    // If it is started again, it is to be found where it was.
    port = ports.port;
    listeners = listeners.map((one, number) => ({ ...one, port: ports.listenerPorts[number]! }));
  } catch (error) {
    await broker.stop();
    throw error;
  }
  tell = narrate;
  for (const message of early) narrate(message);
  print(`Kafka is at ${addressOf({ ...file, port })}`);
  for (const one of listeners) print(`      and at ${addressOf(one)}`);
  narrate(`  its log is in ${dataDir}\n  Ctrl-C stops it`);
  await stop.requested;
  await broker.stop();
  stop.dispose();
  return exitCodes.done;
};

const addressOf = ({ host = '127.0.0.1', port, tls, sasl }: Partial<ListenerConfig> & { port: number }): string => {
  const how = [tls && 'TLS', sasl && 'SASL'].filter(Boolean).join(' and ');
  return `${host}:${port}${how === '' ? '' : ` (${how})`}`;
};
