/** `tiffin kafka apache`: a real Apache Kafka, in the foreground. It fetches nothing: what is missing is said. */
import { resolve } from 'node:path';
import { TiffinError } from '../errors.ts';
import { type Apache, startApache } from '../kafka/apache.ts';
import { pathsOf } from '../workspace/index.ts';
import { exitCodes, narrate, print, printJson } from './output.ts';
import { onStopRequest } from './signals.ts';

export interface ApacheOptions {
  readonly workspace: string;
  readonly port?: number;
  readonly data?: string;
  readonly jars?: string;
  readonly json?: boolean;
}

const kafkaPort = 9092;

export const apacheCommand = async (options: ApacheOptions): Promise<number> => {
  const paths = pathsOf(options.workspace);
  const dataDir = resolve(options.data ?? paths.kafkaApache);
  const jarsDir = resolve(options.jars ?? paths.apacheJars);
  const stop = onStopRequest();
  const starting = startApache({ dataDir, jarsDir, ports: { plain: options.port ?? kafkaPort }, favour: 'speed' });
  // One that is still starting ends with this process.
  const apache = await Promise.race([starting, stop.requested]);
  if (!apache) process.exit(exitCodes.done);
  tell(apache, dataDir, options.json ?? false);
  const why = await Promise.race([stop.requested.then(() => 'asked' as const), apache.ended]);
  stop.dispose();
  if (why !== 'asked')
    throw new TiffinError('APACHE_KAFKA_ENDED', 'Apache Kafka ended by itself.', `${apache.logPath} says why.`);
  await apache.stop();
  return exitCodes.done;
};

const tell = ({ version, ports }: Apache, dataDir: string, json: boolean): void => {
  const address = `127.0.0.1:${ports.plain}`;
  if (json) printJson({ ready: true, address, version });
  else print(`Apache Kafka ${version} is at ${address}`);
  narrate(`  its log is in ${dataDir}\n  Ctrl-C stops it`);
};
