/** Before the suites: which toolchains are there. After them: the conformance page, if every suite ran. */
import { rmSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { writeConformancePage } from './conformance.ts';
import { recordsDir } from './suite-records.ts';
import { findToolchains, suiteNames } from './toolchains.ts';

export default async (project: TestProject): Promise<() => void> => {
  const toolchains = await findToolchains();
  project.provide('toolchains', toolchains);
  for (const name of suiteNames)
    console.log(`${name}: ${toolchains[name].version ?? `not run (${toolchains[name].missing})`}`);
  rmSync(recordsDir(toolchains.cacheDir), { recursive: true, force: true });
  return () => console.log(writeConformancePage(recordsDir(toolchains.cacheDir)));
};
