import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { beforePack, missingParts } from './before-pack.ts';

const tree = (files: Record<string, string>): string => {
  const root = mkdtempSync(join(tmpdir(), 'tiffin-pack-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
};

const whole = {
  'dist/electron/main.js': '',
  'dist/electron/preload.cjs': '',
  'dist/renderer/index.html': '',
  'node_modules/@duckdb/node-bindings/package.json': '{"version":"1.2.3"}',
  'node_modules/@duckdb/node-bindings-linux-x64/duckdb.node': '',
  'node_modules/better-sqlite3/prebuilds/linux-x64.node': '',
  'node_modules/better-sqlite3/prebuilds/darwin-arm64.node': '',
};

test('a tree with everything for its system can be packed', () => {
  expect(missingParts(tree(whole), 'linux', 'x64')).toEqual([]);
});

test('the database for another system is asked for by its name and version', async () => {
  const root = tree(whole);
  const sentence =
    '@duckdb/node-bindings-darwin-arm64 is missing: run "npm install --no-save --force --os=darwin --cpu=arm64 @duckdb/node-bindings-darwin-arm64@1.2.3" first.';
  expect(missingParts(root, 'darwin', 'arm64')).toEqual([sentence]);
  await expect(beforePack({ electronPlatformName: 'darwin', arch: 3, packager: { projectDir: root } })).rejects.toThrow(
    sentence,
  );
});

test('what was not built is named', () => {
  const { 'dist/electron/main.js': _, ...rest } = whole;
  expect(missingParts(tree(rest), 'linux', 'x64')[0]).toMatch(/^dist\/electron\/main\.js is missing: run/);
});
