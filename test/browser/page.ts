/** What every browser test begins and ends with: a fresh page of the running engine, and that nothing went wrong on it. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject } from 'vitest';
import { chromiumPath, launch, watch, type Watch } from './browser.ts';

export interface Desk {
  page: Page;
  context: BrowserContext;
  watch: Watch;
  /** Goes to a path of the engine's page. */
  go(path: string): Promise<void>;
}

/** Lost connections are part of some tests; everything else in the console is a fault. */
const harmless = /WebSocket connection|ERR_CONNECTION_REFUSED/;

/** A suite in the browser; each test has a page with nothing remembered from the one before. */
export const inBrowser = (title: string, tests: (desk: Desk) => void): void => {
  describe.skipIf(chromiumPath === undefined)(title, () => {
    let browser: Browser;
    const desk = {} as Desk;
    const url = (): string => inject('engineUrl');
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser.close());
    beforeEach(async () => {
      desk.context = await browser.newContext({
        viewport: { width: 1280, height: 720 },
        permissions: ['clipboard-read', 'clipboard-write'],
        acceptDownloads: true,
      });
      desk.page = await desk.context.newPage();
      desk.page.setDefaultTimeout(30_000);
      desk.watch = watch(desk.page, url());
      desk.go = async (path) => {
        const address = new URL(path, url());
        address.searchParams.set('token', new URL(url()).searchParams.get('token') ?? '');
        await desk.page.goto(address.href);
        await desk.page.getByRole('navigation', { name: 'Pages' }).waitFor();
      };
    });
    afterEach(async () => {
      await desk.context.close();
      expect(desk.watch.errors.filter((text) => !harmless.test(text))).toEqual([]);
      expect(desk.watch.foreignRequests).toEqual([]);
    });
    tests(desk);
  });
};
