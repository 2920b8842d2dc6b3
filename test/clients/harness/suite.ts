/**
 * One suite of client tests, run unchanged against every target: the embedded broker, and a real Apache Kafka. Each gets a fresh
 * broker of its own behind a recorder, so that the conformance page can say which suite uses which API.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, inject } from 'vitest';
import { startApache } from '../apache.ts';
import { startEmbedded } from './embedded.ts';
import { startRecorder } from './recorder.ts';
import { recordsDir, type Target, targets, writeRecord } from './suite-records.ts';
import type { SuiteName, Toolchain } from './toolchains.ts';
import { fetchApiVersions } from './wire.ts';

/** The broker under test, as its clients see it. */
export interface Broker {
  readonly target: Target;
  readonly bootstrap: string;
  /** whether it says that it serves this API */
  serves(key: number): boolean;
}

/** What a broker may leave out, because clients ask first: the consumer group protocol of KIP-848. */
export const consumerGroupHeartbeat = 68;

const wanted = (process.env['TIFFIN_CLIENT_TARGETS'] ?? targets.join(',')).split(',');

const missing = (target: Target, tool: Toolchain): string | undefined => {
  if (!wanted.includes(target)) return `TIFFIN_CLIENT_TARGETS is ${wanted.join(',')}`;
  return tool.missing ?? (target === 'apache' ? inject('toolchains').java.missing : undefined);
};

/** Declares the suite. `body` gets a function, because the broker starts only when its tests do. */
export const clientSuite = (name: SuiteName, body: (broker: () => Broker) => void): void => {
  const tool = inject('toolchains')[name];
  for (const target of targets) {
    const reason = missing(target, tool);
    const title = `${tool.version ?? name} on ${target === 'apache' ? 'Apache Kafka' : 'the embedded broker'}`;
    if (reason !== undefined) console.log(`skipped: ${title} (${reason})`);
    describe.skipIf(reason !== undefined)(reason === undefined ? title : `${title} (skipped: ${reason})`, () => {
      body(onTarget(name, target));
    });
  }
};

const onTarget = (suite: SuiteName, target: Target): (() => Broker) => {
  const toolchains = inject('toolchains');
  let broker: Broker | undefined;
  let passed = true;
  let end: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    const dir = mkdtempSync(join(tmpdir(), `tiffin-${suite}-${target}-`));
    const recorder = await startRecorder();
    const options = { dataDir: dir, advertisedPort: recorder.port };
    const running =
      target === 'apache'
        ? await startApache({ ...options, jarsDir: toolchains.jarsDir })
        : await startEmbedded(options);
    recorder.aim(running.port);
    const served = await fetchApiVersions(running.port);
    const serves = (key: number): boolean => served.some((api) => api.key === key);
    broker = { target, bootstrap: `127.0.0.1:${recorder.port}`, serves };
    end = async () => {
      await recorder.close();
      await running.stop();
      rmSync(dir, { recursive: true, force: true });
      const used = [...recorder.usage].map(([key, versions]) => [key, [...versions.keys()]] as const);
      const client = toolchains[suite].version!;
      writeRecord(recordsDir(toolchains.cacheDir), { suite, target, client, served, used, passed });
    };
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') passed = false;
  });
  afterAll(() => end?.());
  return () => broker!;
};

let names = 0;
/** A name that no other test uses. */
export const unique = (what: string): string => `${what}-${process.pid}-${++names}`;
