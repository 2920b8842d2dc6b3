/** The client suites: `npm run test:clients`. One file at a time: each starts brokers and JVMs of its own. */
import { defineConfig } from 'vitest/config';
import { reporting } from '../reporters.ts';

export default defineConfig({
  test: {
    include: ['test/clients/**/*.test.ts'],
    globalSetup: ['test/clients/harness/setup.ts'],
    pool: 'forks',
    fileParallelism: false,
    // each call of a Java tool starts a JVM, which takes long on a busy computer
    testTimeout: 240_000,
    hookTimeout: 120_000,
    ...reporting('clients'),
  },
});
