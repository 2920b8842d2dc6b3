/** Before all browser tests: the page must be built, Chromium must be there, and one engine with a running city serves them all. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { chromiumPath, noChromium } from './browser.ts';
import { startEngine } from './engine.ts';

declare module 'vitest' {
  interface ProvidedContext {
    engineUrl: string;
  }
}

const page = join(import.meta.dirname, '..', '..', 'dist', 'renderer', 'index.html');

export default async ({ provide }: TestProject): Promise<() => Promise<void>> => {
  if (chromiumPath === undefined) {
    console.log(noChromium);
    provide('engineUrl', '');
    return () => Promise.resolve();
  }
  if (!existsSync(page)) throw new Error('The page is not built: run npm run build.');
  const dir = await mkdtemp(join(tmpdir(), 'tiffin-browser-'));
  const engine = await startEngine(join(dir, 'workspace'));
  provide('engineUrl', engine.url);
  return async () => {
    await engine.stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
};
