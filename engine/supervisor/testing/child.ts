/** A process for the tests of supervision: it misbehaves on request. */
import { setTimeout as sleep } from 'node:timers/promises';
import { hostChild } from '../../children/host.ts';

export interface TestRole {
  config: {
    readonly greeting: string;
    readonly failsWith?: string;
    readonly neverReady?: boolean;
    readonly neverStops?: boolean;
  };
  info: { readonly greeting: string };
  metrics: { readonly asked: number };
  asks: {
    echo: { input: { text: string }; answer: string };
    fail: { input: Record<string, never>; answer: null };
    /** answers after a while */
    slow: { input: { ms: number }; answer: number };
    throwLater: { input: Record<string, never>; answer: null };
    /** blocks the event loop */
    hang: { input: Record<string, never>; answer: null };
  };
  event: { readonly told: string };
}

hostChild<TestRole>(async (config, { log, tell }) => {
  if (config.failsWith !== undefined)
    throw Object.assign(new Error('It cannot start.'), { code: config.failsWith, hint: 'Do something else.' });
  if (config.neverReady === true) await sleep(600_000);
  let asked = 0;
  log('info', `hello, ${config.greeting}`);
  return {
    info: { greeting: config.greeting },
    metrics: () => ({ asked }),
    asks: {
      echo: ({ text }) => {
        asked += 1;
        tell({ told: text });
        return text;
      },
      fail: () => {
        throw Object.assign(new Error('No.'), { code: 'NO', hint: 'Ask another.' });
      },
      slow: async ({ ms }) => {
        await sleep(ms);
        return process.pid;
      },
      throwLater: () => {
        setTimeout(() => {
          throw new Error('an error that nobody caught');
        }, 1);
        return null;
      },
      hang: () => {
        for (;;) asked += 1;
      },
    },
    stop: () => (config.neverStops === true ? sleep(600_000) : Promise.resolve()),
  };
});
