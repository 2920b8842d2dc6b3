import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('the main module waits for nothing at its top level: Electron is ready only after it was evaluated', () => {
  const text = readFileSync(join(import.meta.dirname, 'main.ts'), 'utf8');
  expect(text).not.toMatch(/^(?:const .* = )?await\b/m);
});
