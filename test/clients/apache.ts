/**
 * A real Apache Kafka 4 as a child process: one node in KRaft mode, from a folder of jars, in about two seconds.
 *
 * Two programs of Apache's own are used, without its shell scripts: `kafka.tools.StorageTool` formats the log folder, once (its
 * result is kept beside the jars and copied afterwards, which saves starting a JVM), and `kafka.Kafka` is the broker.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { freePort } from './harness/ports.ts';
import { run, runOk } from './harness/run.ts';
import { fetchApiVersions } from './harness/wire.ts';

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
  /** `start`: is there soonest, for tests. `speed`: the JVM settings of Apache's own scripts, for measuring. */
  readonly favour?: 'start' | 'speed';
}

export interface Apache {
  readonly ports: ApachePorts;
  readonly pid: number;
  readonly startMs: number;
  /** kill -9 */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** What is missing for an Apache Kafka, with what to do; or undefined. */
export class ApacheMissing extends Error {
  readonly code = 'APACHE_KAFKA_MISSING';
  readonly hint: string;
  constructor(what: string, hint: string) {
    super(what);
    this.hint = hint;
  }
}

const jarsHint = (dir: string): string =>
  `Put the jars of Apache Kafka 4.x there: either the libs folder of https://kafka.apache.org/downloads, or from Maven Central with ` +
  `"mvn -f test/clients/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory=${dir}".`;

const startFlags = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto', '-Xmx512m'];
/** as kafka-server-start.sh and kafka-run-class.sh set them */
const speedFlags =
  '-server -Xms1g -Xmx1g -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent'.split(
    ' ',
  );

const clusterId = 'dGlmZmluLXRlc3Qta2Fma2';

/** Says what is missing, before anything is started. */
export const findApache = async (jarsDir: string, java = 'java'): Promise<{ version: string } | ApacheMissing> => {
  const jars = existsSync(jarsDir) ? readdirSync(jarsDir) : [];
  const version = jars.map((name) => /^kafka_2\.13-(\d.*)\.jar$/.exec(name)?.[1]).find((found) => found !== undefined);
  if (version === undefined) return new ApacheMissing(`There is no Apache Kafka in ${jarsDir}.`, jarsHint(jarsDir));
  if (Number.parseInt(version, 10) < 4)
    return new ApacheMissing(`The Apache Kafka in ${jarsDir} is ${version}, which needs ZooKeeper.`, jarsHint(jarsDir));
  try {
    const { stderr } = await run(java, ['-version']);
    const major = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
    if (major >= 17) return { version };
    return new ApacheMissing(
      `Apache Kafka ${version} needs Java 17, and this is Java ${major}.`,
      'Install a Java 17 or newer.',
    );
  } catch (error) {
    return new ApacheMissing(
      `Java cannot be run (${(error as Error).message}).`,
      'Install a Java 17 or newer, and have "java" in PATH.',
    );
  }
};

/** A value may have lines (PEM) and backslashes (Windows). */
const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

const properties = (entries: Readonly<Record<string, string>>): string =>
  Object.entries(entries)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('');

/** Faults are logged, chatter is not. */
const logging = properties({
  'appender.out.type': 'Console',
  'appender.out.name': 'out',
  'appender.out.layout.type': 'PatternLayout',
  'appender.out.layout.pattern': '%d{HH:mm:ss,SSS} %p %c{1} %m%n',
  'rootLogger.level': 'WARN',
  'rootLogger.appenderRef.out.ref': 'out',
});

const loginModule = 'org.apache.kafka.common.security';

const saslProperties = ({ user }: ApacheOptions): Record<string, string> =>
  user === undefined
    ? {}
    : {
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
        'listener.name.sasl.plain.sasl.jaas.config': `${loginModule}.plain.PlainLoginModule required user_${user.name}="${user.password}";`,
        'listener.name.sasl.scram-sha-256.sasl.jaas.config': `${loginModule}.scram.ScramLoginModule required;`,
        'listener.name.sasl.scram-sha-512.sasl.jaas.config': `${loginModule}.scram.ScramLoginModule required;`,
      };

const tlsProperties = ({ tls }: ApacheOptions): Record<string, string> =>
  tls === undefined
    ? {}
    : {
        'listener.name.tls.ssl.keystore.type': 'PEM',
        'listener.name.tls.ssl.keystore.key': tls.key,
        'listener.name.tls.ssl.keystore.certificate.chain': tls.cert,
      };

const listenersAt = (ports: ApachePorts): string[] =>
  Object.entries(ports).flatMap(([name, port]) => (port === 0 ? [] : [`${name.toUpperCase()}://127.0.0.1:${port}`]));

const serverProperties = (options: ApacheOptions, ports: ApachePorts, controllerPort: number): string =>
  properties({
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: [...listenersAt(ports), `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': listenersAt({ ...ports, ...options.advertised }).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    'listener.security.protocol.map': 'PLAIN:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,CONTROLLER:PLAINTEXT',
    ...saslProperties(options),
    ...tlsProperties(options),
    'log.dirs': join(options.dataDir, 'log'),
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    ...options.settings,
  });

const isFormatted = (dataDir: string): boolean => existsSync(join(dataDir, 'log', 'meta.properties'));

/** Formats the log folder by copying one that was formatted before; the first time, by Apache's own tool. */
const format = async (options: ApacheOptions, version: string, java: string): Promise<void> => {
  if (isFormatted(options.dataDir)) return;
  const { user } = options;
  const users = (user === undefined ? [] : ['SCRAM-SHA-256', 'SCRAM-SHA-512']).flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${user!.name},password=${user!.password}]`,
  ]);
  const kept = join(options.jarsDir, ['formatted', version, ...(user === undefined ? [] : [user.name])].join('-'));
  if (!existsSync(kept)) {
    const work = mkdtempSync(join(options.jarsDir, 'formatting-'));
    const config = join(work, 'server.properties');
    writeFileSync(config, serverProperties({ jarsDir: '', dataDir: work }, { plain: 1, sasl: 0, tls: 0 }, 2));
    const tool = [
      '-cp',
      classPath(options.jarsDir),
      'kafka.tools.StorageTool',
      'format',
      '-t',
      clusterId,
      '-c',
      config,
    ];
    await runOk(java, [...tool, ...users]);
    try {
      renameSync(join(work, 'log'), kept);
    } catch (error) {
      // another process was quicker: its folder is as good
      if (!existsSync(kept)) throw error;
    }
    rmSync(work, { recursive: true, force: true });
  }
  cpSync(kept, join(options.dataDir, 'log'), { recursive: true });
};

export const classPath = (jarsDir: string): string => join(jarsDir, '*');

/** Starts it and resolves when it answers. Throws `ApacheMissing` when Java or the jars are not there. */
export const startApache = async (options: ApacheOptions): Promise<Apache> => {
  const java = options.java ?? 'java';
  const found = await findApache(options.jarsDir, java);
  if (found instanceof ApacheMissing) throw found;
  const startedAtMs = performance.now();
  mkdirSync(options.dataDir, { recursive: true });
  await format(options, found.version, java);

  const ports = {
    plain: options.ports?.plain || (await freePort()),
    sasl: options.user === undefined ? 0 : options.ports?.sasl || (await freePort()),
    tls: options.tls === undefined ? 0 : options.ports?.tls || (await freePort()),
  };
  const config = join(options.dataDir, 'server.properties');
  writeFileSync(config, serverProperties(options, ports, await freePort()));
  const log4j = join(options.dataDir, 'log4j2.properties');
  writeFileSync(log4j, logging);

  const flags = options.favour === 'speed' ? speedFlags : startFlags;
  const child = spawn(
    java,
    [...flags, `-Dlog4j2.configurationFile=${log4j}`, '-cp', classPath(options.jarsDir), 'kafka.Kafka', config],
    { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true },
  );
  const logPath = join(options.dataDir, 'server.log');
  const log = createWriteStream(logPath, { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = new Promise<void>((resolve) => child.once('close', () => log.end(resolve)));
  // not even a parent that is stopped in a hurry leaves it behind
  const killChild = (): void => void child.kill('SIGKILL');
  process.once('exit', killChild);
  void ended.then(() => process.off('exit', killChild));
  await untilReady(child, ports.plain, logPath);
  const startMs = performance.now() - startedAtMs;
  const kill = async (): Promise<void> => {
    killChild();
    await ended;
  };
  return { ports, pid: child.pid!, startMs, kill, stop: () => stop(child, ended) };
};

const startMsMax = 60_000;

const untilReady = async (child: ChildProcess, port: number, logPath: string): Promise<void> => {
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  child.once(
    'exit',
    (code) => (failure ??= new Error(`Apache Kafka ended with code ${code} while starting: see ${logPath}.`)),
  );
  for (const deadlineMs = performance.now() + startMsMax; performance.now() < deadlineMs;) {
    if (failure !== undefined) throw failure;
    const apis = await fetchApiVersions(port).catch(() => undefined);
    if (apis !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  child.kill('SIGKILL');
  throw new Error(`Apache Kafka did not answer within ${startMsMax / 1000} s: see ${logPath}.`);
};

const stopMsMax = 5000;

/** SIGTERM is a clean shutdown; a broker that takes longer is ended: the folder is recovered at the next start. */
const stop = async (child: ChildProcess, ended: Promise<void>): Promise<void> => {
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
  await ended;
  clearTimeout(kill);
};
