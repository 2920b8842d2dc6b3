/**
 * The customers: founders who are there when the clock starts, and people who sign up while it runs.
 *
 * A city with the share s of the world gets a new customer every 1/s virtual minutes, so the number of customers at any
 * minute is a formula. Each founder changes an address or a phone number about once a week, at a minute of the week that
 * is the founder's own; the version that holds at a minute is a formula, too.
 */
import { cities, placeIn } from './cities.ts';
import type { Point } from './cities.ts';
import { hash, Random } from './random.ts';
import { pick, streetOf } from './world.ts';
import type { World } from './world.ts';

export interface Customer {
  id: string;
  name: string;
  phone: string;
  cityCode: string;
  street: string;
  door: Point;
}

/** Somebody who signs up, or changes something, at the start of a virtual minute. */
export interface CustomerChange {
  kind: 'signup' | 'change';
  cityIndex: number;
  /** Number within the city, from 0. */
  number: number;
}

const changeEveryMinutes = 7 * 24 * 60;
const scratch = new Random();

/** How many customers the city has once the changes of that minute are made. */
export function populationAt(world: World, cityIndex: number, minute: number): number {
  return world.founders[cityIndex]! + Math.floor((minute + 1) * cities[cityIndex]!.share);
}

export function customerId(cityIndex: number, number: number): string {
  return `${cities[cityIndex]!.code}-C${String(number + 1).padStart(5, '0')}`;
}

/** How often the customer has changed something up to and with that minute. Only founders do. */
function changesUpTo(world: World, cityIndex: number, number: number, minute: number): number {
  if (number >= world.founders[cityIndex]!) return 0;
  return Math.floor((minute + changeEveryMinutes - ownMinute(world, cityIndex, number)) / changeEveryMinutes);
}

/** The minute of the first change, in [1, a week]. */
function ownMinute(world: World, cityIndex: number, number: number): number {
  return 1 + (hash(world.seed32, 0x0005e1f, cityIndex, number) % changeEveryMinutes);
}

/** Where the customer lives at that minute. Every second change, from the first, is a move. */
export function doorAt(world: World, cityIndex: number, number: number, minute: number): Point {
  return placeIn(cities[cityIndex]!, home(world, cityIndex, number, minute));
}

function home(world: World, cityIndex: number, number: number, minute: number): Random {
  const moves = Math.ceil(changesUpTo(world, cityIndex, number, minute) / 2);
  return scratch.reseed(hash(world.seed32, 0x0000d00, cityIndex, number), moves);
}

/** All of the customer as of that minute. */
export function customerAt(world: World, cityIndex: number, number: number, minute: number): Customer {
  const city = cities[cityIndex]!;
  const door = doorAt(world, cityIndex, number, minute);
  const street = streetOf(scratch, world.pools);
  const person = scratch.reseed(hash(world.seed32, 0x00facade, cityIndex, number), 0);
  const name = `${pick(person, world.pools.firstNames)} ${pick(person, world.pools.lastNames)}`;
  const phones = Math.floor(changesUpTo(world, cityIndex, number, minute) / 2);
  const digits = scratch.reseed(hash(world.seed32, 0x00fa0e, cityIndex, number), phones);
  const phone = `+91${6 + digits.below(4)}${String(digits.below(1_000_000_000)).padStart(9, '0')}`;
  return { id: customerId(cityIndex, number), name, phone, cityCode: city.code, street, door };
}

/** Founders by the minute of the week at which they change something. */
export function changeCalendar(world: World): Map<number, CustomerChange[]> {
  const byMinute = new Map<number, CustomerChange[]>();
  for (const [cityIndex, founders] of world.founders.entries())
    for (let number = 0; number < founders; number++) {
      const minute = ownMinute(world, cityIndex, number) % changeEveryMinutes;
      const change: CustomerChange = { kind: 'change', cityIndex, number };
      byMinute.set(minute, [...(byMinute.get(minute) ?? []), change]);
    }
  return byMinute;
}

/** Who signs up and who changes something at the start of that minute. */
export function changesAt(
  world: World,
  calendar: Map<number, CustomerChange[]>,
  minute: number,
): readonly CustomerChange[] {
  const signups = cities.flatMap((_, cityIndex): CustomerChange[] => {
    const number = populationAt(world, cityIndex, minute) - 1;
    const before = minute === 0 ? world.founders[cityIndex]! : populationAt(world, cityIndex, minute - 1);
    return number >= before ? [{ kind: 'signup', cityIndex, number }] : [];
  });
  const changes = minute === 0 ? [] : (calendar.get(minute % changeEveryMinutes) ?? []);
  return [...signups, ...changes];
}
