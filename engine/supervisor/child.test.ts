import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { openLogs } from '../logs.ts';
import { SupervisedChild } from './child.ts';
import type { ChildOptions } from './child.ts';
import type { TestRole } from './testing/child.ts';

const entry = fileURLToPath(new URL('testing/child.ts', import.meta.url));
const started: SupervisedChild<TestRole>[] = [];

const supervise = (options: Partial<ChildOptions> = {}): SupervisedChild<TestRole> => {
  const child = new SupervisedChild<TestRole>({
    name: 'broker',
    entry,
    execArgv: [],
    logs: openLogs(),
    backoff: { firstMs: 10, maxMs: 40, healthyMs: 30_000 },
    ...options,
  });
  started.push(child);
  return child;
};
const greet = (): TestRole['config'] => ({ greeting: 'you' });
const phase = (child: SupervisedChild<TestRole>, wanted: string): Promise<void> =>
  vi.waitFor(() => expect(child.state.phase).toBe(wanted), { timeout: 20_000, interval: 10 });

afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => child.stop()));
});

test('a process that starts tells that it is ready, answers, and reports what it uses', async () => {
  const child = supervise();
  const events: TestRole['event'][] = [];
  child.onEvent = (event) => events.push(event);
  expect(await child.start(greet)).toEqual({ greeting: 'you' });
  expect(await child.ask('echo', { text: 'a' })).toBe('a');
  expect(events).toEqual([{ told: 'a' }]);
  expect(child.state).toMatchObject({ phase: 'running', restarts: 0 });
  await vi.waitFor(() => expect(child.state.rssBytes).toBeGreaterThan(10_000_000), { timeout: 5_000 });
  await child.stop();
  expect(child.state).toMatchObject({ phase: 'stopped', pid: null, rssBytes: 0 });
});

test('a failure in answering comes as the same code, sentence and hint', async () => {
  const child = supervise();
  await child.start(greet);
  await expect(child.ask('fail', {})).rejects.toMatchObject({ code: 'NO', message: 'No.', hint: 'Ask another.' });
});

test('a killed process is started again; what may be asked again is answered by its successor', async () => {
  const child = supervise();
  await child.start(greet);
  const { pid } = child.state;
  const retried = child.ask('slow', { ms: 300 }, { retry: true });
  const lost = child.ask('slow', { ms: 300 });
  child.kill();
  await expect(lost).rejects.toMatchObject({ code: 'PROCESS_DIED' });
  expect(await retried).not.toBe(pid);
  expect(child.state).toMatchObject({ phase: 'running', restarts: 1 });
  expect(child.state.problem).toBeUndefined();
});

test('a question to a process that is just being restarted waits for it, if it may be asked again', async () => {
  const child = supervise();
  await child.start(greet);
  child.kill();
  await phase(child, 'restarting');
  await expect(child.ask('echo', { text: 'b' })).rejects.toMatchObject({ code: 'PROCESS_DIED' });
  expect(await child.ask('echo', { text: 'c' }, { retry: true })).toBe('c');
});

test('an uncaught error ends the process with its sentence in the log, and it is started again', async () => {
  const logs = openLogs();
  const child = supervise({ logs });
  await child.start(greet);
  await child.ask('throwLater', {});
  await vi.waitFor(() => expect(child.state).toMatchObject({ phase: 'running', restarts: 1 }), { timeout: 20_000 });
  expect(logs.list({ level: 'error', limit: 10 }).map(({ message }) => message)).toContain(
    'an error that nobody caught',
  );
});

test('a process that tells why it cannot start fails with that, and is tried again', async () => {
  const child = supervise();
  let failsWith: string | undefined = 'DISK_FULL';
  const start = child.start(() => ({ greeting: 'you', ...(failsWith !== undefined && { failsWith }) }));
  await expect(start).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: 'It cannot start.',
    hint: 'Do something else.',
  });
  await phase(child, 'failed');
  expect(child.state.problem).toMatchObject({ code: 'DISK_FULL' });
  failsWith = undefined;
  await phase(child, 'running');
  expect(child.state.problem).toBeUndefined();
});

test('a process that does not get ready in time is killed, and given up after a few attempts', async () => {
  const child = supervise({ startMsMax: 150 });
  await expect(child.start(() => ({ greeting: 'you', neverReady: true }))).rejects.toMatchObject({
    code: 'START_TIMEOUT',
  });
});

test('a process that hangs is killed and started again', async () => {
  const child = supervise({ silentMsMax: 2_500 });
  await child.start(greet);
  child.ask('hang', {}).catch(() => undefined);
  await vi.waitFor(() => expect(child.state).toMatchObject({ phase: 'running', restarts: 1 }), { timeout: 20_000 });
  expect(await child.ask('echo', { text: 'd' })).toBe('d');
});

test('a process that refuses to stop is killed', async () => {
  const child = supervise({ stopMsMax: 200 });
  await child.start(() => ({ greeting: 'you', neverStops: true }));
  await child.stop();
  expect(child.state).toMatchObject({ phase: 'stopped', pid: null });
});

test('a process whose parent is gone ends by itself', async () => {
  const child = fork(entry, { stdio: 'ignore' });
  child.send({ kind: 'start', config: greet() });
  await once(child, 'message');
  child.disconnect();
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
});
