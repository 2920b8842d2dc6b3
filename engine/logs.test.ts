import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLogs } from './logs.ts';

test('lines are kept in memory by process and level, newest last, and written as JSON lines', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tiffin-logs-'));
  const logs = openLogs({ dir });
  logs.logOf('broker')('info', 'one', { port: 1 });
  logs.logOf('ingest')('error', 'two');
  logs.logOf('broker')('debug', 'three');
  const messages = (query: Parameters<typeof logs.list>[0]): string[] => logs.list(query).map(({ message }) => message);
  expect(messages({ level: 'info', limit: 10 })).toEqual(['one', 'two']);
  expect(messages({ level: 'debug', process: 'broker', limit: 10 })).toEqual(['one', 'three']);
  expect(messages({ level: 'debug', limit: 1 })).toEqual(['three']);
  logs.close();
  const lines = readFileSync(join(dir, 'engine.jsonl'), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { message: 'one', fields: { port: 1 } },
    { message: 'two' },
  ]);
  rmSync(dir, { recursive: true });
});

test('the file is changed for a new one before it gets too large', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tiffin-logs-'));
  const logs = openLogs({ dir });
  const log = logs.logOf('broker');
  for (let i = 0; i < 12; i++) log('info', 'x'.repeat(1024 * 1024));
  logs.close();
  expect(readdirSync(dir).toSorted()).toEqual(['engine.1.jsonl', 'engine.jsonl']);
  rmSync(dir, { recursive: true });
});
