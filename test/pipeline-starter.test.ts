import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dryRun } from '../pipeline/index.ts';
import { projectRoot } from './rooms.ts';

test('the starter pipelines are sound', async () => {
  const { ok, problems, graph } = await dryRun(join(projectRoot, 'starter'));
  expect(problems).toEqual([]);
  expect(ok).toBe(true);
  const names = graph.nodes.map(({ id }) => id);
  for (const table of [
    'bronze.deliveries_raw',
    'silver.deliveries',
    'silver.deliveries__quarantine',
    'gold.deliveries_by_city',
    'gold.deliveries_by_vehicle',
  ])
    expect(names).toContain(table);
});
