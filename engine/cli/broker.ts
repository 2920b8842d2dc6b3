/** `tiffin broker`: the embedded Kafka alone, in this process. */
import { join } from 'node:path';
import { openLogs } from '../logs.ts';
import { exitCodes, narrate, print } from './output.ts';
import { onStopRequest } from './signals.ts';

export interface BrokerOptions {
  readonly workspace: string;
  readonly port?: number;
  readonly data?: string;
}

const kafkaPort = 9092;

export const brokerCommand = async (options: BrokerOptions): Promise<number> => {
  const { startBroker } = await import('../../broker/index.ts');
  const stop = onStopRequest();
  const logs = openLogs({ onLine: ({ level, message }) => level !== 'debug' && narrate(message) });
  const dataDir = options.data ?? join(options.workspace, 'kafka');
  const broker = await startBroker({
    host: '127.0.0.1',
    port: options.port ?? kafkaPort,
    dataDir,
    log: logs.logOf('broker'),
    now: Date.now,
  });
  print(`Kafka is at 127.0.0.1:${broker.port}`);
  narrate(`  its log is in ${dataDir}\n  Ctrl-C stops it`);
  await stop.requested;
  await broker.stop();
  stop.dispose();
  return exitCodes.done;
};
