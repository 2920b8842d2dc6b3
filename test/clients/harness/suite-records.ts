/** What the run of a suite leaves behind for the conformance page: a file per suite and target. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SuiteName } from './toolchains.ts';
import type { ApiVersion } from './wire.ts';

export const targets = ['embedded', 'apache'] as const;
export type Target = (typeof targets)[number];

export interface SuiteRecord {
  readonly suite: SuiteName;
  readonly target: Target;
  /** the client and its version */
  readonly client: string;
  readonly served: readonly ApiVersion[];
  /** [api key, versions used] */
  readonly used: readonly (readonly [key: number, versions: readonly number[]])[];
  /** whether every test of the suite ran, and none failed */
  readonly passed: boolean;
  /** tests that passed */
  readonly tests: number;
  /** tests that were not run because they need what is not served */
  readonly skipped: number;
}

export const writeRecord = (dir: string, record: SuiteRecord): void => {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, `${record.target}-${record.suite}.json`), JSON.stringify(record));
};

export const readRecords = (dir: string): SuiteRecord[] =>
  existsSync(dir)
    ? readdirSync(dir)
        .toSorted()
        .map((name) => JSON.parse(readFileSync(join(dir, name), 'utf8')) as SuiteRecord)
    : [];
