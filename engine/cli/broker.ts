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
  // Until it is ready its lines are kept: if it cannot start, one sentence says why.
  const early: string[] = [];
  let tell = (message: string): void => void early.push(message);
  const logs = openLogs({ onLine: ({ level, message }) => level !== 'debug' && tell(message) });
  const dataDir = options.data ?? join(options.workspace, 'kafka');
  const { broker } = createProcesses(logs, 'embedded');
  let port = options.port ?? kafkaPort;
  try {
    ({ port } = await broker.start(() => ({ host: '127.0.0.1', port, dataDir })));
  } catch (error) {
    await broker.stop();
    throw error;
  }
  tell = narrate;
  for (const message of early) narrate(message);
  print(`Kafka is at 127.0.0.1:${port}`);
  narrate(`  its log is in ${dataDir}\n  Ctrl-C stops it`);
  await stop.requested;
  await broker.stop();
  stop.dispose();
  return exitCodes.done;
};
