/** The whole platform at 1,000 events a second: `tiffin run` on a new workspace, in a process of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunReport } from '../contract/index.ts';
import { TiffinError } from '../errors.ts';
import type { BenchOptions, BenchResult } from './types.ts';

const ratePerSecond = 1_000;
const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url));

export const benchPlatform = async ({ seconds, tell }: BenchOptions): Promise<BenchResult> => {
  const dir = mkdtempSync(join(tmpdir(), 'tiffin-bench-'));
  try {
    tell(`platform: ${ratePerSecond} events a second for ${seconds} s …`);
    const report = await run([
      '--rate',
      String(ratePerSecond),
      '--seconds',
      String(seconds),
      '--workspace',
      join(dir, 'workspace'),
    ]);
    const sum = (values: Readonly<Record<string, number>>): number =>
      Math.round(Object.values(values).reduce((a, b) => a + b, 0));
    return {
      bench: 'platform',
      how: `tiffin run --rate ${ratePerSecond} --seconds ${seconds}: all processes, audited`,
      figures: [
        { name: 'produced', value: report.produced, unit: 'events' },
        { name: 'lost', value: report.lost, unit: 'events' },
        { name: 'freshness p50', value: report.freshnessMs?.p50 ?? Number.NaN, unit: 'ms' },
        { name: 'freshness p99', value: report.freshnessMs?.p99 ?? Number.NaN, unit: 'ms' },
        { name: 'memory of all processes, peaks added', value: sum(report.rssMb), unit: 'MB' },
        { name: 'processor, of one core', value: sum(report.cpuPercent), unit: '%' },
        { name: 'audit', value: report.ok ? 1 : 0, unit: '1 = all counts agree' },
      ],
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

const run = (args: readonly string[]): Promise<RunReport> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, 'run', '--json', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.once('error', reject);
    child.once('close', () => {
      try {
        resolve(JSON.parse(text) as RunReport);
      } catch (error) {
        reject(new TiffinError('RUN_FAILED', 'The run ended without a report.', 'Its sentence is above.', error));
      }
    });
  });
