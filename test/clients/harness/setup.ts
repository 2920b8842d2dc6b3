/** Before the suites: which toolchains are there. After them: the conformance page, if every suite ran. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { writeConformancePage } from './conformance.ts';
import { findToolchains, suiteNames } from './toolchains.ts';

export default async (project: TestProject): Promise<() => void> => {
  const toolchains = await findToolchains();
  project.provide('toolchains', toolchains);
  for (const name of suiteNames)
    console.log(`${name}: ${toolchains[name].version ?? `not run (${toolchains[name].missing})`}`);
  const recordsDir = mkdtempSync(join(tmpdir(), 'tiffin-client-records-'));
  project.provide('recordsDir', recordsDir);
  return () => {
    console.log(writeConformancePage(recordsDir));
    rmSync(recordsDir, { recursive: true, force: true });
  };
};
