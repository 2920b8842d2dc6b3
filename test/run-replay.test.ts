/** `tiffin run --replay`: a dirty file goes through the whole platform, and every row of it is accounted for. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunReport } from '../engine/contract/index.ts';
import { reportOf, temporaryDir, tiffin } from './run-harness.ts';

const header =
  'ID,Delivery_person_ID,Delivery_person_Age,Delivery_person_Ratings,Restaurant_latitude,Restaurant_longitude,' +
  'Delivery_location_latitude,Delivery_location_longitude,Type_of_order,Type_of_vehicle,Time_taken(min)';
const good = (city: string, vehicle: string, minutes: number): string =>
  `4607,${city}RES13DEL02,37,4.9,22.745049,75.892471,22.765049,75.912471,Snack ,${vehicle} ,${minutes}`;
const rows = [
  good('INDO', 'motorcycle', 24),
  good('INDO', 'scooter', 34),
  good('BANG', 'motorcycle', 26),
  '9.99E+10,BANGRES01DEL01,,,12.9,77.6,12.95,77.65,Meal,scooter,30', // an age and a rating that nobody knows
  'a,BANGRES01DEL01,34,6,12.9,77.6,12.95,77.65,Meal,scooter,30', // an impossible rating
  'b,BANGRES01DEL01,15,4,12.9,77.6,12.95,77.65,Meal,scooter,30', // too young
  'c,BANGRES01DEL01,34,4,0,0,0.05,0.05,Meal,scooter,30', // on the equator
  'd,,34,4,12.9,77.6,12.95,77.65,Meal,scooter,many', // no city, no time
];

let dir: ReturnType<typeof temporaryDir>;
let file: string;
let workspace: string;
beforeAll(() => {
  dir = temporaryDir();
  file = join(dir.path, 'some deliveries.csv');
  workspace = join(dir.path, 'workspace');
  writeFileSync(file, [header, ...rows, ''].join('\n'));
});
afterAll(() => dir.remove());

const sql = async (query: string): Promise<unknown> => {
  const { stdout, stderr, code } = await tiffin('sql', query, '--json', '--workspace', workspace);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as unknown;
};

describe('a small dirty file', { timeout: 180_000 }, () => {
  test('is in bronze row by row; silver and quarantine share it; gold counts it', async () => {
    const ended = await tiffin('run', '--replay', file, '--rate', 'max', '--workspace', workspace, '--json');
    const report = reportOf(ended);
    expect(report).toMatchObject({
      ok: true,
      produced: 8,
      bronze: 8,
      silver: 4,
      quarantined: 4,
      duplicates: 0,
      lost: 0,
    });
    expect(report.gold).toMatchObject({ 'gold.deliveries_by_city': 2, 'gold.deliveries_by_vehicle': 2 });
    expect(ended.code).toBe(0);
    expect(
      await sql('SELECT city, orders, min_minutes, max_minutes FROM gold.deliveries_by_city ORDER BY city'),
    ).toEqual([
      { city: 'BANG', orders: 2, min_minutes: 26, max_minutes: 30 },
      { city: 'INDO', orders: 2, min_minutes: 24, max_minutes: 34 },
    ]);
  });

  test('keeps with each quarantined row all rules that it broke', async () => {
    const reasons = await sql(
      'SELECT delivery_id, list_sort(_reasons) AS r FROM silver.deliveries__quarantine ORDER BY delivery_id',
    );
    expect(reasons).toEqual([
      { delivery_id: 'a', r: '["valid_rating"]' },
      { delivery_id: 'b', r: '["valid_age"]' },
      { delivery_id: 'c', r: '["in_india"]' },
      { delivery_id: 'd', r: '["known_city","plausible_time"]' },
    ]);
  });

  test('replayed again changes nothing in silver, and is reported as duplicates of this run', async () => {
    const before = await sql('SELECT * FROM silver.deliveries ORDER BY event_id');
    const report = reportOf(await tiffin('run', '--replay', file, '--rate', 'max', '--workspace', workspace, '--json'));
    expect(report).toMatchObject({ ok: true, produced: 8, bronze: 8, silver: 0, lost: 0 });
    expect(report.duplicates + report.quarantined).toBe(8);
    expect(await sql('SELECT * FROM silver.deliveries ORDER BY event_id')).toEqual(before);
  });

  test('is audited afterwards, with nothing running', async () => {
    const { stdout, code } = await tiffin('audit', '--json', '--workspace', workspace);
    const report = JSON.parse(stdout) as RunReport['audit'];
    expect(report.lines.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.lines).toContainEqual(
      expect.objectContaining({ check: 'events of a topic', subject: 'replay.deliveries', ok: true }),
    );
    expect(code).toBe(0);
  });
});

const realFile = join(import.meta.dirname, '..', '..', 'shared', 'data', 'deliveries.csv');
const why = existsSync(realFile) ? '' : ' (not run: ../shared/data/deliveries.csv is not here)';

test.runIf(why === '')(
  `a real file of 45,593 deliveries is accounted for to the last row${why}`,
  { timeout: 180_000 },
  async () => {
    const own = join(dir.path, 'real');
    const report = reportOf(await tiffin('run', '--replay', realFile, '--rate', 'max', '--workspace', own, '--json'));
    expect(report).toMatchObject({ ok: true, produced: 45_593, bronze: 45_593, duplicates: 0, lost: 0 });
    expect(report.silver + report.quarantined).toBe(45_593);
    expect(report.gold['gold.deliveries_by_city']).toBe(22);
  },
);
