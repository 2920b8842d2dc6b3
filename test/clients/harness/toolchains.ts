/**
 * Other people's clients, and what they need to run. What a package manager has to fetch goes into one cache folder outside the
 * repository, once; what is missing is said, and its suites are skipped with that sentence.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ApacheMissing, classPath, findApache } from '../../../engine/index.ts';
import { type Ran, runOk } from './run.ts';

/** `missing` says why a toolchain is not there; else `version` says which one is. Plain data: it travels to the test workers. */
export interface Toolchain {
  readonly version?: string;
  readonly missing?: string;
}

export interface Toolchains {
  readonly cacheDir: string;
  readonly jarsDir: string;
  readonly javaClassesDir: string;
  readonly pythonPath: string;
  readonly franzPath: string;
  /** a certificate for 127.0.0.1 and its key, in PEM, and where the certificate is */
  readonly tls: { readonly key: string; readonly cert: string; readonly certPath: string };
  readonly kafkajs: Toolchain;
  readonly kcat: Toolchain;
  readonly librdkafka: Toolchain;
  readonly java: Toolchain;
  readonly franz: Toolchain;
}

declare module 'vitest' {
  interface ProvidedContext {
    toolchains: Toolchains;
    /** where this run's suites leave what they saw */
    recordsDir: string;
  }
}

const clientsDir = join(import.meta.dirname, '..');
const windows = process.platform === 'win32';
const fetchMsMax = 300_000;

/** What `attempt` finds out, or why it could not. */
const finding = async (what: string, attempt: () => Promise<string>): Promise<Toolchain> => {
  try {
    return { version: await attempt() };
  } catch (error) {
    const [reason] = (error as Error).message.split('\n').filter(Boolean);
    return { missing: `${what}: ${reason}` };
  }
};

const firstMatch = ({ stdout, stderr }: Ran, pattern: RegExp): string => {
  const found = pattern.exec(stdout + stderr)?.[1];
  if (found === undefined) throw new Error(`its version cannot be read from ${JSON.stringify(stdout + stderr)}`);
  return found;
};

const kafkajs = (): Promise<Toolchain> =>
  finding('kafkajs', async () => {
    const path = join(clientsDir, '..', '..', 'node_modules', 'kafkajs', 'package.json');
    return `kafkajs ${(JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version}`;
  });

const kcat = (): Promise<Toolchain> =>
  finding('kcat is not installed', async () => {
    const ran = await runOk('kcat', ['-V']);
    return `kcat ${firstMatch(ran, /Version (\S+)/)} (librdkafka ${firstMatch(ran, /librdkafka ([\d.]+)/)})`;
  });

/** A virtual environment with the packages of python/requirements.txt. */
const librdkafka = (venvDir: string, pythonPath: string): Promise<Toolchain> =>
  finding('confluent-kafka-python is not there', async () => {
    const requirements = join(clientsDir, 'python', 'requirements.txt');
    const stamp = join(venvDir, 'requirements.txt');
    const wanted = readFileSync(requirements, 'utf8');
    if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
      await runOk(windows ? 'python' : 'python3', ['-m', 'venv', venvDir], { timeoutMs: fetchMsMax });
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
      await runOk(pythonPath, pip, { timeoutMs: fetchMsMax });
      writeFileSync(stamp, wanted);
    }
    const script = 'import confluent_kafka as c; print(c.__version__, c.libversion()[0])';
    const [client, library] = (await runOk(pythonPath, ['-c', script])).stdout.trim().split(' ');
    return `confluent-kafka-python ${client} (librdkafka ${library})`;
  });

/** The jars of kafka/pom.xml from Maven Central, and the scenarios in Java, compiled. */
const java = (jarsDir: string, classesDir: string): Promise<Toolchain> =>
  finding('Apache Kafka is not there', async () => {
    if ((await findApache(jarsDir)) instanceof ApacheMissing) {
      const goal = ['-q', '-B', '-f', join(clientsDir, 'kafka', 'pom.xml'), 'dependency:copy-dependencies'];
      const where = [`-DoutputDirectory=${jarsDir}`, '-DincludeScope=runtime'];
      await runOk(windows ? 'mvn.cmd' : 'mvn', [...goal, ...where], { timeoutMs: fetchMsMax });
    }
    const found = await findApache(jarsDir);
    if (found instanceof ApacheMissing) throw new Error(`${found.message} ${found.hint}`);
    const source = join(clientsDir, 'java', 'Scenarios.java');
    await runOk('javac', ['-d', classesDir, '-cp', classPath(jarsDir), source], { timeoutMs: fetchMsMax });
    return `Apache Kafka's clients ${found.version}`;
  });

/** The Go program of franz/, built; its modules are fixed by go.sum. */
const franz = (franzPath: string): Promise<Toolchain> =>
  finding('franz-go cannot be built', async () => {
    const cwd = join(clientsDir, 'franz');
    await runOk('go', ['build', '-o', franzPath, '.'], { cwd, timeoutMs: fetchMsMax });
    return `franz-go ${firstMatch({ code: 0, stdout: readFileSync(join(cwd, 'go.mod'), 'utf8'), stderr: '' }, /franz-go v([\d.]+)/)}`;
  });

/** Signed by itself; made anew where it is not kept. */
const certificate = async (dir: string): Promise<Toolchains['tls']> => {
  const [keyPath, certPath] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  if (!existsSync(certPath)) {
    mkdirSync(dir, { recursive: true });
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const files = ['-keyout', keyPath, '-out', certPath];
    await runOk('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3650', ...names, ...files]);
  }
  return { key: readFileSync(keyPath, 'utf8'), cert: readFileSync(certPath, 'utf8'), certPath };
};

const defaultCacheDir = (): string => {
  const base = process.env['XDG_CACHE_HOME'] ?? process.env['LOCALAPPDATA'] ?? join(homedir(), '.cache');
  return join(base, 'tiffin-test-clients');
};

/** A tool's JVM lives for a second or two: it should start soon, not run fast. */
export const javaFlags = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto', '-Xmx256m'];

export const findToolchains = async (): Promise<Toolchains> => {
  const cacheDir = process.env['TIFFIN_TEST_CACHE'] ?? defaultCacheDir();
  mkdirSync(cacheDir, { recursive: true });
  const venvDir = join(cacheDir, 'python');
  const jarsDir = process.env['TIFFIN_KAFKA_JARS'] ?? join(cacheDir, 'kafka-jars');
  const javaClassesDir = join(cacheDir, 'java-classes');
  const pythonPath = join(venvDir, windows ? join('Scripts', 'python.exe') : join('bin', 'python'));
  const franzPath = join(cacheDir, windows ? 'franz.exe' : 'franz');
  return {
    cacheDir,
    jarsDir,
    javaClassesDir,
    pythonPath,
    franzPath,
    tls: await certificate(join(cacheDir, 'tls')),
    kafkajs: await kafkajs(),
    kcat: await kcat(),
    librdkafka: await librdkafka(venvDir, pythonPath),
    java: await java(jarsDir, javaClassesDir),
    franz: await franz(franzPath),
  };
};

export const suiteNames = ['kafkajs', 'kcat', 'librdkafka', 'java', 'franz'] as const;
export type SuiteName = (typeof suiteNames)[number];
