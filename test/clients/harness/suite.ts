/**
 * One suite of client tests, run unchanged against every target: the embedded broker, and a real Apache Kafka. Each gets a fresh
 * broker of its own behind a recorder, so that the conformance page can say which suite uses which API.
 */
import { afterAll, beforeAll, describe, inject, type RunnerTestCase, type RunnerTestSuite } from 'vitest';
import { type SuiteRecord, type Target, targets, writeRecord } from './suite-records.ts';
import { startTarget } from './target.ts';
import type { SuiteName, Toolchain } from './toolchains.ts';
import { apiName, fetchApiVersions } from './wire.ts';

/** The broker under test, as its clients see it. */
export interface Broker {
  readonly target: Target;
  readonly bootstrap: string;
  /** the listener where one logs in as `user` */
  readonly saslBootstrap: string;
  /** the listener with TLS */
  readonly tlsBootstrap: string;
  /** kill -9, and a new process on the same data and at the same addresses */
  restart(): Promise<void>;
  /** Skips a test that needs an API which the broker does not claim to serve; clients ask first, and do without. */
  needs(apiKey: number, skip: (note: string) => void): void;
}

/** The consumer group protocol of KIP-848. */
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

type Outcome = Pick<SuiteRecord, 'passed' | 'tests' | 'skipped'>;

/** How the tests of a suite ended; one that a filter left out makes it incomplete. */
const outcomeOf = (suite: Readonly<RunnerTestSuite>, skipped: number): Outcome => {
  const all = testsOf(suite);
  const tests = all.filter((test) => test.result?.state === 'pass').length;
  return { passed: tests + skipped === all.length, tests, skipped };
};

const testsOf = (suite: Readonly<RunnerTestSuite>): RunnerTestCase[] =>
  suite.tasks.flatMap((task) => (task.type === 'suite' ? testsOf(task) : [task]));

const onTarget = (suite: SuiteName, target: Target): (() => Broker) => {
  const toolchains = inject('toolchains');
  let broker: Broker | undefined;
  let unserved = 0;
  let end: ((outcome: Outcome) => Promise<void>) | undefined;

  beforeAll(async () => {
    const running = await startTarget(target, toolchains);
    const served = await fetchApiVersions(running.port);
    const needs: Broker['needs'] = (apiKey, skip) => {
      if (served.some(({ key }) => key === apiKey)) return;
      unserved += 1;
      skip(`${apiName(apiKey)} is not served`);
    };
    const { plain, sasl, tls } = running.bootstrap;
    broker = { target, bootstrap: plain, saslBootstrap: sasl, tlsBootstrap: tls, restart: running.restart, needs };
    end = async (outcome) => {
      await running.stop();
      const used = [...running.usage].map(([key, versions]) => [key, [...versions.keys()]] as const);
      const client = toolchains[suite].version!;
      writeRecord(inject('recordsDir'), { suite, target, client, served, used, ...outcome });
    };
  });
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the first argument's pattern
  afterAll(async ({}, all) => {
    await end?.(outcomeOf(all, unserved));
  });
  return () => broker!;
};

let names = 0;
/** A name that no other test uses. */
export const unique = (what: string): string => `${what}-${process.pid}-${++names}`;
