/**
 * The city's people and places, laid out once from the seed: which riders, restaurants and customers there are.
 *
 * Nothing here changes with time. What does (a customer's address) is a closed formula of the virtual minute, so that any
 * moment of the world can be computed without having lived through the moments before it.
 */
import type { Vehicle } from '../schemas/index.ts';
import { cities, placeIn, splitByShare } from './cities.ts';
import type { City, Point } from './cities.ts';
import { SimulatorError } from './failure.ts';
import { makePools } from './pools.ts';
import type { Dish, Pools } from './pools.ts';
import { foldSeed, hash, Random } from './random.ts';

export interface WorldOptions {
  /** Any integer from 0 to 2^53 − 1. */
  seed: number;
  /** How many riders there are in all cities. 50 to 100,000; default 2,000. */
  riders?: number;
  /** When the virtual clock starts, Unix milliseconds, rounded down to a minute. Default Monday 2026-01-05, 11:30 in India. */
  startAtVirtualMs?: number;
  /** Scales everyone's appetite; 0.05 to 3, default 1. */
  demand?: number;
}

export interface Rider {
  id: string;
  city: City;
  cityIndex: number;
  vehicle: Vehicle;
  cruiseKmh: number;
  /** How well customers like the rider, around 0. */
  charm: number;
  /** When in the slot pattern the rider's slots begin; milliseconds in [0, slotMs). */
  phaseMs: number;
}

export interface Restaurant {
  id: string;
  name: string;
  cuisine: string;
  street: string;
  city: City;
  door: Point;
  menu: Dish[];
  /** The kitchen's pace: median minutes to prepare. */
  prepMinutes: number;
}

export interface World {
  /** Eight hex digits that differ whenever the events would: part of every order_id. */
  key: string;
  seed: number;
  /** The seed folded to 32 bits, for `hash`. */
  seed32: number;
  startMs: number;
  demand: number;
  riders: Rider[];
  /** By city, then by number. */
  restaurants: Restaurant[][];
  /** Customers of the first hour, by city; more sign up later (customers.ts). */
  founders: number[];
  pools: Pools;
}

/** Change it when the same seed gives other bytes than the release before: a stored position means nothing then. */
const generation = 1;

export const slotMinutes = 50;
export const slotMs = slotMinutes * 60_000;
export const defaultStartMs = Date.UTC(2026, 0, 5, 6, 0);

export function createWorld(options: WorldOptions): World {
  const { seed, riders = 2000, demand = 1 } = options;
  const startMs = Math.floor((options.startAtVirtualMs ?? defaultStartMs) / 60_000) * 60_000;
  checkSetting('seed', seed, 0, Number.MAX_SAFE_INTEGER, true);
  checkSetting('riders', riders, 50, 100_000, true);
  checkSetting('demand', demand, 0.05, 3, false);
  const seed32 = foldSeed(seed);
  const pools = makePools(seed32);
  return {
    key: worldKey(seed32, startMs, riders, demand),
    seed,
    seed32,
    startMs,
    demand,
    riders: layRiders(seed32, riders),
    restaurants: layRestaurants(seed32, Math.max(120, Math.floor(riders / 4)), pools),
    founders: splitByShare(riders * 3),
    pools,
  };
}

function checkSetting(name: string, value: number, min: number, max: number, isWhole: boolean): void {
  if (value >= min && value <= max && (!isWhole || Number.isInteger(value))) return;
  throw new SimulatorError(
    'WORLD_SETTING_INVALID',
    `The world's setting ${name} is ${value}.`,
    `Give ${isWhole ? 'a whole number' : 'a number'} from ${min} to ${max}.`,
  );
}

function worldKey(seed32: number, startMs: number, riders: number, demand: number): string {
  const settings = hash(startMs / 60_000, riders, Math.round(demand * 1000), generation);
  return hash(seed32, settings).toString(16).padStart(8, '0');
}

const vehicles: readonly { vehicle: Vehicle; upTo: number; cruiseKmh: number }[] = [
  { vehicle: 'motorcycle', upTo: 0.58, cruiseKmh: 27 },
  { vehicle: 'scooter', upTo: 0.91, cruiseKmh: 24 },
  { vehicle: 'electric_scooter', upTo: 0.98, cruiseKmh: 22 },
  { vehicle: 'bicycle', upTo: 1, cruiseKmh: 16 },
];

function layRiders(seed32: number, total: number): Rider[] {
  const random = new Random().reseed(seed32, 0x00c1de25);
  return splitByShare(total).flatMap((count, cityIndex) =>
    Array.from({ length: count }, (_, n) => layRider(random, cityIndex, n)),
  );
}

function layRider(random: Random, cityIndex: number, n: number): Rider {
  const city = cities[cityIndex]!;
  const draw = random.unit();
  const kind = vehicles.find(({ upTo }) => draw < upTo)!;
  return {
    id: `${city.code}-D${String(n + 1).padStart(4, '0')}`,
    city,
    cityIndex,
    vehicle: kind.vehicle,
    cruiseKmh: kind.cruiseKmh * random.between(0.88, 1.12),
    charm: random.normal() * 0.35,
    phaseMs: random.below(slotMs),
  };
}

function layRestaurants(seed32: number, total: number, pools: Pools): Restaurant[][] {
  const random = new Random().reseed(seed32, 0x00f00d00);
  return splitByShare(total).map((count, cityIndex) =>
    Array.from({ length: count }, (_, n) => layRestaurant(random, cities[cityIndex]!, n, pools)),
  );
}

const houses = ['Kitchen', 'Cafe', 'Bhavan', 'Dhaba', 'Sagar', 'Express', 'Corner', 'House', 'Tiffins', 'Palace'];

function layRestaurant(random: Random, city: City, n: number, pools: Pools): Restaurant {
  const cuisines = [...pools.cuisines.keys()];
  const cuisine = pick(random, cuisines);
  const priceLevel = random.between(0.75, 1.5);
  return {
    id: `${city.code}-R${String(n + 1).padStart(3, '0')}`,
    name: `${pick(random, pools.lastNames)} ${pick(random, houses)}`,
    cuisine,
    street: streetOf(random, pools),
    city,
    door: placeIn(city, random),
    menu: pools.cuisines.get(cuisine)!.map(({ name, pricePaise }) => ({
      name,
      pricePaise: Math.round((pricePaise * priceLevel) / 500) * 500,
    })),
    prepMinutes: random.between(7, 13),
  };
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]!;
}

/** House number and street. */
export function streetOf(random: Random, pools: Pools): string {
  return `${1 + random.below(480)}, ${pick(random, pools.streets)}`;
}
