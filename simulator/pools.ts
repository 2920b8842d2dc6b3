/**
 * The words of the city: names, streets and dishes. faker makes them once, from the seed; everything after picks from here.
 * (One locale is loaded: all of faker would cost 45 MB.) Only ASCII letters and no quote or backslash are let in, so that a word can stand in JSON as it is.
 */
import { faker } from '@faker-js/faker/locale/en_IN';
import { Random } from './random.ts';

export interface Dish {
  name: string;
  /** What it costs in a middling restaurant, in paise. */
  pricePaise: number;
}

export interface Pools {
  firstNames: string[];
  lastNames: string[];
  streets: string[];
  /** Cuisine → its dishes. */
  cuisines: Map<string, Dish[]>;
}

const kitchen: Record<string, string[]> = {
  'South Indian': [
    'Masala Dosa',
    'Idli Sambar',
    'Medu Vada',
    'Pongal',
    'Uttapam',
    'Curd Rice',
    'Lemon Rice',
    'Rava Dosa',
  ],
  'North Indian': [
    'Dal Makhani',
    'Paneer Tikka',
    'Butter Chicken',
    'Rajma Chawal',
    'Aloo Paratha',
    'Chole Bhature',
    'Naan',
    'Jeera Rice',
  ],
  Biryani: [
    'Chicken Biryani',
    'Mutton Biryani',
    'Veg Biryani',
    'Egg Biryani',
    'Raita',
    'Mirchi Ka Salan',
    'Chicken 65',
    'Phirni',
  ],
  'Street Food': ['Pav Bhaji', 'Vada Pav', 'Poha', 'Samosa', 'Pani Puri', 'Bhel Puri', 'Kachori', 'Jalebi'],
  'Indo-Chinese': [
    'Veg Manchurian',
    'Hakka Noodles',
    'Chilli Paneer',
    'Schezwan Rice',
    'Spring Rolls',
    'Hot and Sour Soup',
    'Momos',
    'Chilli Chicken',
  ],
  Bengali: [
    'Kosha Mangsho',
    'Machher Jhol',
    'Luchi',
    'Cholar Dal',
    'Mishti Doi',
    'Rosogolla',
    'Kathi Roll',
    'Begun Bhaja',
  ],
  Drinks: [
    'Masala Chai',
    'Filter Coffee',
    'Sweet Lassi',
    'Mango Shake',
    'Nimbu Pani',
    'Cold Coffee',
    'Buttermilk',
    'Sugarcane Juice',
  ],
};

const plain = /^[A-Za-z0-9 '&.-]+$/;

export function makePools(seed: number): Pools {
  faker.seed(seed);
  const random = new Random().reseed(seed, 0x00d15e5);
  const cuisines = new Map(
    Object.entries({ ...kitchen, World: distinct(16, () => faker.food.dish()) }).map(priced(random)),
  );
  return {
    firstNames: distinct(240, () => faker.person.firstName()),
    lastNames: distinct(160, () => faker.person.lastName()),
    streets: distinct(200, () => faker.location.street()),
    cuisines,
  };
}

function priced(random: Random): (entry: [string, string[]]) => [string, Dish[]] {
  return ([cuisine, names]) => [
    cuisine,
    names.map((name) => ({ name, pricePaise: 100 * 5 * Math.round(random.logNormal(170, 0.5, 30, 700) / 5) })),
  ];
}

/** Draws until there are `count` different plain words, or for as long as the pool seems to have more. */
function distinct(count: number, draw: () => string): string[] {
  const found = new Set<string>();
  for (let tries = 0; found.size < count && tries < count * 8; tries++) {
    const word = draw();
    if (plain.test(word)) found.add(word);
  }
  return [...found];
}
