/**
 * Pictures of every page in both themes and two sizes, to be looked at: `node test/browser/screenshots.ts URL FOLDER [NAME…]`.
 * The URL is one that the engine (or the fixture) printed, with its token.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launch, watch } from './browser.ts';

const [url, folder, ...only] = process.argv.slice(2);
if (url === undefined || folder === undefined)
  throw new Error('usage: node test/browser/screenshots.ts URL FOLDER [NAME…]');

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly prepare?: (page: Page) => Promise<void>;
}

const run = async (page: Page, sql: string): Promise<void> => {
  await page.locator('.monaco-editor').first().click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(sql);
  await page.keyboard.press('Escape');
  await page.keyboard.press('ControlOrMeta+Enter');
  await page.waitForTimeout(1500);
};

const shots: readonly Shot[] = [
  { name: 'platform', path: '/' },
  { name: 'platform-table', path: '/?node=silver.orders' },
  {
    name: 'platform-audit',
    path: '/?panel=audit',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Run the audit' }).click();
      await page.getByText(/lost, nothing doubled|failed/).waitFor();
    },
  },
  { name: 'query', path: '/query', prepare: (page) => run(page, 'SELECT *\nFROM silver.orders\nLIMIT 100000;') },
  { name: 'query-error', path: '/query', prepare: (page) => run(page, 'SELECT broken\nFROM silver.orders;') },
  {
    name: 'query-chart',
    path: '/query',
    prepare: async (page) => {
      await run(page, 'SELECT *\nFROM silver.orders\nLIMIT 1000;');
      await page.getByText('Chart', { exact: true }).click();
      await page.waitForTimeout(800);
    },
  },
  { name: 'metrics', path: '/metrics' },
  {
    name: 'palette',
    path: '/',
    prepare: async (page) => {
      await page.keyboard.press('ControlOrMeta+K');
      await page.waitForTimeout(400);
    },
  },
];

const sizes = [
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
];

const shoot = async (browser: Browser, theme: string, size: (typeof sizes)[number]): Promise<void> => {
  const context = await browser.newContext({ viewport: size, reducedMotion: 'reduce' });
  await context.addInitScript(`localStorage.setItem('tiffin.theme', '${theme}')`);
  const page = await context.newPage();
  const found = watch(page, url);
  await page.goto(url);
  await page.waitForTimeout(1500);
  for (const shot of shots) {
    if (only.length > 0 && !only.includes(shot.name)) continue;
    await page.goto(new URL(shot.path, url).href);
    await page.waitForTimeout(2200);
    await shot.prepare?.(page);
    await page.screenshot({ path: join(folder, `${shot.name}-${theme}-${size.width}.png`) });
  }
  for (const problem of [...found.errors, ...found.foreignRequests]) console.log(`${theme} ${size.width}: ${problem}`);
  await context.close();
};

await mkdir(folder, { recursive: true });
const browser = await launch();
for (const size of sizes) for (const theme of ['dark', 'light']) await shoot(browser, theme, size);
await browser.close();
