/** Chromium for the browser tests: found, not downloaded; started without anything that would leave this computer. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const places = [
  process.env['TIFFIN_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

export const chromiumPath = places.find((place) => place !== undefined && existsSync(place));
export const noChromium =
  'Chromium is not installed (looked at TIFFIN_CHROMIUM and the usual places): browser tests are skipped.';

const flags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launch = async (): Promise<Browser> => {
  if (chromiumPath === undefined) throw new Error(noChromium);
  return chromium.launch({ executablePath: chromiumPath, args: flags });
};

/** What a page must never have: errors in the console, violations of its policy, requests to anywhere else. */
export interface Watch {
  readonly errors: string[];
  readonly foreignRequests: string[];
}

export const watch = (page: Page, origin: string): Watch => {
  const found: Watch = { errors: [], foreignRequests: [] };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') found.errors.push(message.text());
  });
  page.on('pageerror', (error) => found.errors.push(String(error)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    const own = url.host === new URL(origin).host || url.protocol === 'data:' || url.protocol === 'blob:';
    if (!own) found.foreignRequests.push(request.url());
  });
  return found;
};
