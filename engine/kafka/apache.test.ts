import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApacheMissing, findApache, startApache } from './apache.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tiffin-apache-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const jar = (name: string): void => writeFileSync(join(dir, name), '');
const code = 'APACHE_KAFKA_MISSING';

test('a folder without the jars is named, with what to put there', async () => {
  const found = await findApache(join(dir, 'none'));
  expect(found).toBeInstanceOf(ApacheMissing);
  expect(found).toMatchObject({ code, message: `There is no Apache Kafka in ${join(dir, 'none')}.` });
  expect((found as ApacheMissing).hint).toContain('https://kafka.apache.org/downloads');
});

test('one older than 4 is refused', async () => {
  jar('kafka_2.13-3.9.1.jar');
  expect(await findApache(dir)).toMatchObject({ code, message: expect.stringContaining('is 3.9.1') as string });
});

test('a Java that is not there is told', async () => {
  jar('kafka_2.13-4.1.1.jar');
  const found = await findApache(dir, join(dir, 'no-java'));
  expect(found).toMatchObject({ code, message: expect.stringContaining('Java cannot be run') as string });
  expect((found as ApacheMissing).hint).toContain('Java 17 or newer');
});

test('nothing is started, and no folder is made, where something is missing', async () => {
  const dataDir = join(dir, 'data');
  await expect(startApache({ jarsDir: dir, dataDir })).rejects.toMatchObject({ code });
  expect(() => rmSync(dataDir)).toThrow(/ENOENT/);
});
