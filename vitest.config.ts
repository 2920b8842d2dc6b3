/** The suite of `npm test`: needs nothing but Node. Browser and client suites have configurations of their own. */
import { defineConfig } from 'vitest/config';
import { reporting } from './test/reporters.ts';

export default defineConfig({
  test: {
    include: ['**/*.test.ts', '**/*.test.tsx'],
    exclude: ['node_modules/**', 'dist/**', 'test/browser/**', 'test/clients/**', 'test/long/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    ...reporting('unit'),
  },
});
