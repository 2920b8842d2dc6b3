/** Where the city is: a dozen Indian cities, how big each is, and distances on the ground. */
import { Random } from './random.ts';

/** Positions are integers of 1e-6 degrees (about 11 cm): exact to add, exact to print. */
export interface Point {
  latitude: number;
  longitude: number;
}

export interface City {
  code: string;
  name: string;
  centre: Point;
  /** Its share of all riders, restaurants and customers; they sum to 1. */
  share: number;
  /** Kilometres per microdegree of longitude, which shrinks away from the equator. */
  kmPerLongitude: number;
}

/** Nobody lives or cooks further than this from the centre, on either axis. */
export const cityReachKm = 3.5;
export const kmPerLatitude = 111.32e-6;

// The centres are moved inland where the sea is near.
const places: readonly [string, string, number, number][] = [
  ['BANG', 'Bengaluru', 12.9716, 77.5946],
  ['MUM', 'Mumbai', 19.0996, 72.8777],
  ['HYD', 'Hyderabad', 17.4065, 78.4772],
  ['CHEN', 'Chennai', 13.0569, 80.2125],
  ['PUNE', 'Pune', 18.5204, 73.8567],
  ['KOL', 'Kolkata', 22.5626, 88.363],
  ['JAP', 'Jaipur', 26.9124, 75.7873],
  ['INDO', 'Indore', 22.7196, 75.8577],
  ['SUR', 'Surat', 21.1902, 72.8311],
  ['COIMB', 'Coimbatore', 11.0168, 76.9558],
  ['MYS', 'Mysuru', 12.2958, 76.6394],
  ['KOC', 'Kochi', 9.9816, 76.2999],
];

/** Zipf's law with exponent 0.9: the second city has about half of the first. */
const weights = places.map((_, rank) => Math.exp(-0.9 * Math.log(rank + 1)));
const weightSum = weights.reduce((sum, weight) => sum + weight, 0);

export const cities: readonly City[] = places.map(([code, name, latitude, longitude], index) => ({
  code,
  name,
  centre: { latitude: Math.round(latitude * 1e6), longitude: Math.round(longitude * 1e6) },
  share: weights[index]! / weightSum,
  kmPerLongitude: kmPerLatitude * Math.cos((latitude * Math.PI) / 180),
}));

/** Splits `total` things over the cities by share; deterministic, at least one each if total ≥ 50. */
export function splitByShare(total: number): number[] {
  let share = 0;
  let given = 0;
  return cities.map((city) => {
    share += city.share;
    const upTo = Math.round(share * total);
    const count = upTo - given;
    given = upTo;
    return count;
  });
}

/** A place in the city, likelier near the centre. */
export function placeIn(city: City, random: Random): Point {
  return offset(
    city,
    city.centre,
    (random.unit() + random.unit() - 1) * cityReachKm,
    (random.unit() + random.unit() - 1) * cityReachKm,
  );
}

export function offset(city: City, from: Point, northKm: number, eastKm: number): Point {
  return {
    latitude: from.latitude + Math.round(northKm / kmPerLatitude),
    longitude: from.longitude + Math.round(eastKm / city.kmPerLongitude),
  };
}

/** Along streets that run north-south and east-west. */
export function distanceKm(city: City, from: Point, to: Point): number {
  return (
    Math.abs(to.latitude - from.latitude) * kmPerLatitude +
    Math.abs(to.longitude - from.longitude) * city.kmPerLongitude
  );
}
