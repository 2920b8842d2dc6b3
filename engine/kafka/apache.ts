/**
 * A real Apache Kafka 4 as a child process: one node in KRaft mode, from a folder of jars, in about two seconds.
 * Two programs of Apache's own are used, without its shell scripts: `kafka.tools.StorageTool` formats the log folder, once, and
 * `kafka.Kafka` is the broker.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TiffinError } from '../errors.ts';
import { freePort, preferredPort } from '../platform/ports.ts';
import { ApacheMissing, classPath, defaultJava, findApache } from './find.ts';
import { format } from './format.ts';
import { logging, serverProperties } from './properties.ts';
import { kafkaAnswers } from './ready.ts';

export { ApacheMissing, classPath, findApache } from './find.ts';

export interface ApachePorts {
  readonly plain: number;
  /** 0 where there is no such listener */
  readonly sasl: number;
  readonly tls: number;
}

export interface ApacheOptions {
  /** the folder with kafka_2.13-4.x.jar, kafka-clients-4.x.jar, … */
  readonly jarsDir: string;
  /** the log folder; may be new, or one that this version of Kafka has used before */
  readonly dataDir: string;
  /** where a formatted log folder is kept to be copied, which saves starting a JVM; by default each is formatted by itself */
  readonly formattedDir?: string;
  /** the port that clients are told, where it is not the one listened on (a proxy) */
  readonly advertised?: Partial<ApachePorts>;
  readonly ports?: Partial<ApachePorts>;
  /** PEM, for the listener with TLS; without it there is none */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** who may log in (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512) at the listener with SASL; without it there is none */
  readonly user?: { readonly name: string; readonly password: string };
  readonly java?: string;
  /** further lines of server.properties */
  readonly settings?: Readonly<Record<string, string>>;
  /** `start`: is there soonest, for tests. `speed`: the JVM settings of Apache's own scripts. */
  readonly favour?: 'start' | 'speed';
}

export interface Apache {
  readonly version: string;
  readonly ports: ApachePorts;
  readonly pid: number;
  readonly startMs: number;
  /** What it has to complain of is written there. */
  readonly logPath: string;
  /** Resolves when its process is gone, for whatever reason. */
  readonly ended: Promise<void>;
  /** kill -9 */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const startFlags = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto', '-Xmx512m'];
/** as kafka-server-start.sh and kafka-run-class.sh set them */
const speedFlags = [
  '-server',
  '-Xms1g',
  '-Xmx1g',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
];

/** Starts it and resolves when it answers. Throws `ApacheMissing` when Java or the jars are not there. */
export const startApache = async (options: ApacheOptions): Promise<Apache> => {
  const java = options.java ?? defaultJava();
  const found = await findApache(options.jarsDir, java);
  if (found instanceof ApacheMissing) throw found;
  const ports = await choosePorts(options);
  const startedAtMs = performance.now();
  mkdirSync(options.dataDir, { recursive: true });
  await format(options, found.version, java);
  const { child, ended, logPath } = await launch(java, options, ports);
  await untilReady(child, ports.plain, logPath);
  const startMs = performance.now() - startedAtMs;
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return {
    version: found.version,
    ports,
    pid: child.pid!,
    startMs,
    logPath,
    ended,
    kill,
    stop: () => stop(child, ended),
  };
};

const choosePorts = async (options: ApacheOptions): Promise<ApachePorts> => ({
  plain: await choosePort(options.ports?.plain),
  sasl: options.user === undefined ? 0 : await choosePort(options.ports?.sasl),
  tls: options.tls === undefined ? 0 : await choosePort(options.ports?.tls),
});

/** Told here already: whoever else listens there would be taken for the broker that is ready. */
const choosePort = async (wanted = 0): Promise<number> => {
  if (wanted === 0) return freePort();
  if ((await preferredPort(wanted)) === wanted) return wanted;
  throw new TiffinError(
    'PORT_IN_USE',
    `Something else listens on 127.0.0.1:${wanted}.`,
    'Choose another port with --port, or stop what uses it.',
  );
};

interface Launched {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  readonly logPath: string;
}

const launch = async (java: string, options: ApacheOptions, ports: ApachePorts): Promise<Launched> => {
  const config = join(options.dataDir, 'server.properties');
  writeFileSync(config, serverProperties(options, ports, await freePort()));
  const log4j = join(options.dataDir, 'log4j2.properties');
  writeFileSync(log4j, logging);
  const flags = options.favour === 'speed' ? speedFlags : startFlags;
  const child = spawn(
    java,
    [...flags, `-Dlog4j2.configurationFile=${log4j}`, '-cp', classPath(options.jarsDir), 'kafka.Kafka', config],
    // Ctrl-C in a terminal reaches the whole group, and this one is to end last.
    { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true, detached: true },
  );
  const logPath = join(options.dataDir, 'server.log');
  const log = createWriteStream(logPath, { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = new Promise<void>((resolve) => child.once('close', () => log.end(resolve)));
  if (child.pid !== undefined) guard(child, ended);
  return { child, ended, logPath };
};

/** It is not left behind: not when this process ends in a hurry, nor when it is killed. */
const guard = (child: ChildProcess, ended: Promise<void>): void => {
  const killChild = (): void => void child.kill('SIGKILL');
  process.once('exit', killChild);
  const path = fileURLToPath(new URL('guardian.ts', import.meta.url));
  const guardian = spawn(process.execPath, [path, String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
    detached: true,
  });
  guardian.once('error', killChild);
  guardian.unref();
  void ended.then(() => process.off('exit', killChild));
  void ended.then(() => guardian.kill('SIGKILL'));
};

const startMsMax = 50_000;
const askEveryMs = 25;

const failed = (how: string, logPath: string): TiffinError =>
  new TiffinError('APACHE_KAFKA_FAILED', `Apache Kafka ${how}.`, `${logPath} says why.`);

const untilReady = async (child: ChildProcess, port: number, logPath: string): Promise<void> => {
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  child.once('exit', (code) => (failure ??= failed(`ended with code ${code} while starting`, logPath)));
  for (const deadlineMs = performance.now() + startMsMax; performance.now() < deadlineMs;) {
    if (failure !== undefined) throw failure;
    if (await kafkaAnswers(port)) return;
    await new Promise((resolve) => setTimeout(resolve, askEveryMs));
  }
  child.kill('SIGKILL');
  throw failed(`did not answer within ${startMsMax / 1000} s`, logPath);
};

const stopMsMax = 5_000;

/** SIGTERM is a clean shutdown; a broker that takes longer is ended: the folder is recovered at the next start. */
const stop = async (child: ChildProcess, ended: Promise<void>): Promise<void> => {
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
  await ended;
  clearTimeout(kill);
};
