import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { chromiumPath, launch } from './browser.ts';
import { type Engine, startEngine } from './engine.ts';

describe.skipIf(chromiumPath === undefined)('When the engine goes away', () => {
  let browser: Browser;
  let engine: Engine;
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tiffin-reconnect-'));
    engine = await startEngine(join(dir, 'workspace'));
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    await engine.stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  test('the page says so, keeps its figures, and goes on once the new engine’s address was opened', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(engine.url);
    const card = page.getByRole('button', { name: /^bronze\.orders, / });
    await card.waitFor({ timeout: 60_000 });

    await engine.stop();
    await page.getByRole('status').getByText('The engine does not answer since').waitFor();
    await card.waitFor();

    engine = await startEngine(join(dir, 'workspace'), engine.port);
    await page
      .getByRole('status')
      .getByText('The engine was started again and has another key')
      .waitFor({ timeout: 60_000 });

    const other = await context.newPage();
    await other.goto(engine.url);
    await page
      .getByRole('status')
      .getByText('The engine was started again')
      .waitFor({ state: 'detached', timeout: 60_000 });
    await page.getByRole('button', { name: 'Pause the city' }).waitFor();
  });
});
