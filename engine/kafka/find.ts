/** Is there an Apache Kafka, and a Java that runs it? Nothing is fetched: what is missing is said, with what to put where. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TiffinError } from '../errors.ts';

export class ApacheMissing extends TiffinError {
  constructor(message: string, hint: string) {
    super('APACHE_KAFKA_MISSING', message, hint);
  }
}

const jarsHint =
  'Put the jars of Apache Kafka 4 there, which are the libs folder of the download at https://kafka.apache.org/downloads; ' +
  'or name their folder: --jars DIR, or "jars" of "kafka" in tiffin.json.';
const javaHint =
  'Install a Java 17 or newer, and have it in PATH or JAVA_HOME; for a workspace, "java" of "kafka" in tiffin.json may name it.';
const javaMin = 17;

export const classPath = (jarsDir: string): string => join(jarsDir, '*');

/** As Apache's own scripts choose it. */
export const defaultJava = (): string => {
  const home = process.env['JAVA_HOME'];
  return home ? join(home, 'bin', 'java') : 'java';
};

/** Runs Java to its end and gives what it said on standard error, where it tells its version. */
export const runJava = (java: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(java, args, { windowsHide: true, timeout: 60_000 }, (error, _stdout, stderr) =>
      error ? reject(error) : resolve(stderr),
    );
  });

/** Says what is missing, before anything is started. */
export const findApache = async (
  jarsDir: string,
  java = defaultJava(),
): Promise<{ readonly version: string } | ApacheMissing> => {
  const jars = existsSync(jarsDir) ? readdirSync(jarsDir) : [];
  const version = jars.map((name) => /^kafka_2\.13-(\d.*)\.jar$/.exec(name)?.[1]).find((found) => found !== undefined);
  if (version === undefined) return new ApacheMissing(`There is no Apache Kafka in ${jarsDir}.`, jarsHint);
  if (Number.parseInt(version, 10) < 4)
    return new ApacheMissing(`The Apache Kafka in ${jarsDir} is ${version}, which is older than 4.`, jarsHint);
  try {
    const major = Number(/version "(\d+)/.exec(await runJava(java, ['-version']))?.[1] ?? 0);
    if (major >= javaMin) return { version };
    const message = `Apache Kafka ${version} needs Java ${javaMin}, and ${java} is Java ${major}.`;
    return new ApacheMissing(message, javaHint);
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    return new ApacheMissing(`Java cannot be run (${reason}).`, javaHint);
  }
};
