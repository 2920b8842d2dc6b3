/** `tiffin broker`: the embedded Kafka alone, in a process of its own that is started again should it die. */
import { join } from 'node:path';
import { openLogs } from '../logs.ts';
import { createProcesses } from '../platform/processes.ts';
import { exitCodes, narrate, print } from './output.ts';
import { onStopRequest } from './signals.ts';

export interface BrokerOptions {
  readonly workspace: string;
  readonly port?: number;
  readonly data?: string;
}

const kafkaPort = 9092;

export const brokerCommand = async (options: BrokerOptions): Promise<number> => {
  const stop = onStopRequest();
  const logs = openLogs({ onLine: ({ level, message }) => level !== 'debug' && narrate(message) });
  const dataDir = options.data ?? join(options.workspace, 'kafka');
  const { broker } = createProcesses(logs, 'embedded');
  let port = options.port ?? kafkaPort;
  ({ port } = await broker.start(() => ({ host: '127.0.0.1', port, dataDir })));
  print(`Kafka is at 127.0.0.1:${port}`);
  narrate(`  its log is in ${dataDir}\n  Ctrl-C stops it`);
  await stop.requested;
  await broker.stop();
  stop.dispose();
  return exitCodes.done;
};
