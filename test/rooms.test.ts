import { describe, expect, test } from 'vitest';
import { checkFile, checkRooms, projectRoot } from './rooms.ts';

describe('the table of rooms', () => {
  test('holds for the whole tree', () => {
    expect(checkRooms(projectRoot)).toEqual([]);
  });

  test.each([
    ['broker/log.ts', `import x from 'kafkajs';`, 'node: modules'],
    ['broker/log.ts', `import { a } from '../schemas/index.ts';`, 'may not import schemas'],
    ['pipeline/run.ts', `import { a } from '../ingest/index.ts';`, 'may not import ingest'],
    ['pipeline/run.ts', `import { a } from '../lake/log/commit.ts';`, 'lake/index.ts instead'],
    ['renderer/app.tsx', `const x = await import('../engine/index.ts');`, 'may not import engine'],
    ['engine/contract/api.ts', `import { router } from '../index.ts';`, 'only types'],
  ])('refuses in %s: %s', (path, text, message) => {
    expect(
      checkFile(path, text)
        .map((violation) => violation.message)
        .join(),
    ).toContain(message);
  });

  test.each([
    ['broker/log.ts', `import fs from 'node:fs';\nimport { crc } from './crc.ts';`],
    ['broker/pattern.ts', `const { RE2JS } = await import('re2js');`],
    ['pipeline/run.ts', `import { a } from '../lake/index.ts';`],
    ['renderer/app.tsx', `import { a } from '../engine/contract/index.ts';`],
    ['engine/contract/api.ts', `export type { AppRouter } from '../index.ts';`],
  ])('allows in %s: %s', (path, text) => {
    expect(checkFile(path, text)).toEqual([]);
  });
});
