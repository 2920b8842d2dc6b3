import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createWorld, listScenarios, loadScenario } from './index.ts';
import { parseScenario } from './scenario.ts';
import { tempDir } from './testing/tempdir.ts';

const starter = join(import.meta.dirname, '..', 'starter', 'scenarios');

test('every scenario of the starter workspace is valid and makes a world', async () => {
  const names = await listScenarios(starter);
  expect(names).toEqual(['default', 'lunch-rush', 'quiet']);
  for (const name of names) {
    const scenario = await loadScenario(starter, name);
    expect(scenario.description, name).toBeDefined();
    expect(() => createWorld({ seed: 1, ...scenario })).not.toThrow();
  }
});

test('settings come in the names of the configuration, and what is not said is not there', () => {
  const text = 'seed: 5\nrate: max\nstart: 2026-01-05T12:15:00+05:30\nevents: 100\n';
  expect(parseScenario('x', 'x.yml', text)).toEqual({
    name: 'x',
    seed: 5,
    ratePerSecond: null,
    startAtVirtualMs: Date.UTC(2026, 0, 5, 6, 45),
    maxEvents: 100,
  });
  expect(parseScenario('x', 'x.yml', '# nothing\n')).toEqual({ name: 'x' });
});

test.each([
  ['seed: 1\nspeed: 3\n', 'line 2', "there is no setting 'speed'"],
  ['seed: 1\n\nrate: fast\n', 'line 3', 'rate: must be 1 to 200000, or max'],
  ['start: yesterday\n', 'line 1', 'start: must be a time with its offset'],
  ['riders: 3\n', 'line 1', 'riders: Too small'],
  ['seed: 1\nseed: 2\n', 'line 2', 'unique'],
  ['rate: [1\n', 'line', 'Flow sequence'],
  ['- 1\n', 'line 1', 'the whole file'],
])('%j is refused with its line', (text, line, reason) => {
  expect(() => parseScenario('x', 'dir/x.yml', text)).toThrow(
    expect.objectContaining({ code: 'SCENARIO_INVALID', message: expect.stringContaining(`dir/x.yml, ${line}`) }),
  );
  expect(() => parseScenario('x', 'dir/x.yml', text)).toThrow(reason);
});

test('one that is not there is told with those that are; a name does not lead out of the folder', async () => {
  for (const name of ['rush', '../default', ''])
    await expect(loadScenario(starter, name)).rejects.toMatchObject({
      code: 'SCENARIO_MISSING',
      hint: 'There are: default, lunch-rush, quiet.',
    });
  await expect(loadScenario(join(tempDir(), 'none'), 'default')).rejects.toMatchObject({ code: 'SCENARIO_MISSING' });
});
