import { expect, test } from 'vitest';
import { cities } from './cities.ts';
import { changeCalendar, changesAt, customerAt, populationAt } from './customers.ts';
import { createWorld } from './world.ts';

const world = createWorld({ seed: 4, riders: 200 });
const calendar = changeCalendar(world);
const week = 7 * 24 * 60;

test('whoever is counted among the customers of a minute has signed up by then, each once', () => {
  const known = world.founders.map((founders) => founders);
  for (let minute = 0; minute < 3000; minute++) {
    for (const change of changesAt(world, calendar, minute))
      if (change.kind === 'signup') expect(change.number).toBe(known[change.cityIndex]!++);
    expect(cities.map((_, cityIndex) => populationAt(world, cityIndex, minute))).toEqual(known);
  }
  expect(known[0]).toBeGreaterThan(world.founders[0]! + 500);
});

test('settings out of range are refused with what is allowed', () => {
  const settings = [{ seed: -1 }, { seed: 1.5 }, { seed: 1, riders: 49 }, { seed: 1, demand: 4 }, { seed: Number.NaN }];
  for (const options of settings)
    expect(() => createWorld(options)).toThrow(expect.objectContaining({ code: 'WORLD_SETTING_INVALID' }));
});

test('customers change exactly at the minutes that the calendar names, and then something real', () => {
  let changes = 0;
  const now = world.founders.map((founders, city) =>
    Array.from({ length: founders }, (_, number) => customerAt(world, city, number, 0)),
  );
  for (let minute = 1; minute < week * 2.5; minute++)
    for (const change of changesAt(world, calendar, minute)) {
      if (change.kind === 'signup') continue;
      const { cityIndex, number } = change;
      const before = customerAt(world, cityIndex, number, minute - 1);
      const after = customerAt(world, cityIndex, number, minute);
      expect(before).toEqual(now[cityIndex]![number]);
      expect(after.phone !== before.phone).toBe(after.street === before.street);
      expect({ ...after, phone: '', street: '', door: '' }).toEqual({ ...before, phone: '', street: '', door: '' });
      now[cityIndex]![number] = after;
      changes++;
    }
  const founders = world.founders.reduce((sum, count) => sum + count, 0);
  expect(changes).toBeGreaterThan(founders * 2);
  const end = Math.floor(week * 2.5) - 1;
  for (const [city, customers] of now.entries())
    for (const [number, customer] of customers.entries())
      expect(customer).toEqual(customerAt(world, city, number, end));
});
