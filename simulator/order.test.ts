import { describe, expect, test } from 'vitest';
import type { CityEvent, EventType } from '../schemas/index.ts';
import { cities, cityReachKm, kmPerLatitude } from './cities.ts';
import { demandAt } from './demand.ts';
import { planOrder } from './order.ts';
import { EventStream } from './stream.ts';
import { createWorld, slotMs } from './world.ts';

const world = createWorld({ seed: 11, riders: 500 });

/** Every event of the first virtual hours, and the orders that have come to an end in them. */
const stream = new EventStream(world);
const events = stream
  .take(60_000)
  .body.toString()
  .split('\n')
  .slice(0, -1)
  .map((line) => JSON.parse(line) as CityEvent);
const orders = Map.groupBy(events, (event) => event.order_id);
const ended = [...orders.values()].filter((life) =>
  life.some(({ type }) => type === 'delivery.completed' || type === 'order.cancelled'),
);

const may: Record<EventType, readonly EventType[]> = {
  'order.placed': [],
  'order.accepted': ['order.placed'],
  'delivery.assigned': ['order.accepted'],
  'order.prepared': ['order.accepted'],
  'order.picked_up': ['order.prepared', 'delivery.assigned'],
  'order.delivered': ['order.picked_up'],
  'delivery.completed': ['order.delivered'],
  'order.cancelled': ['order.placed'],
  'rider.location': ['delivery.assigned'],
};

describe('the life of an order', () => {
  test('every event comes after the ones that it presupposes', () => {
    for (const life of orders.values()) {
      const seen = new Set<EventType>();
      for (const { type } of life) {
        for (const needed of may[type]) expect(seen, `${type} after ${needed}`).toContain(needed);
        if (type !== 'rider.location') expect(seen, `${type} once`).not.toContain(type);
        seen.add(type);
      }
    }
  });

  test('it ends once: delivered, or cancelled before it was prepared, and nothing follows', () => {
    expect(ended.length).toBeGreaterThan(800);
    for (const life of ended) {
      const types = life.map(({ type }) => type);
      const last = types.at(-1);
      if (last === 'order.cancelled') expect(types).not.toContain('order.prepared');
      else expect(types.slice(-2)).toEqual(['order.delivered', 'delivery.completed']);
    }
  });

  test('about one order in sixteen is cancelled, for every reason there is', () => {
    const cancelled = events.filter((event) => event.type === 'order.cancelled');
    expect(cancelled.length / ended.length).toBeGreaterThan(0.04);
    expect(cancelled.length / ended.length).toBeLessThan(0.09);
    expect(new Set(cancelled.map(({ reason }) => reason)).size).toBe(5);
  });

  test('who and where stay the same through an order', () => {
    for (const life of orders.values())
      for (const field of ['city', 'customer_id', 'restaurant_id', 'rider_id', 'vehicle'] as const) {
        const values = life.flatMap((event) =>
          field in event ? [(event as Partial<Record<typeof field, string>>)[field]] : [],
        );
        expect(new Set(values).size, field).toBeLessThanOrEqual(1);
      }
  });

  test('the total is the sum of the lines, and is what is delivered and refunded', () => {
    for (const life of ended) {
      const placed = life[0]!;
      if (placed.type !== 'order.placed') throw new Error('an order starts with order.placed');
      const total = placed.items.reduce((sum, { quantity, price_paise }) => sum + quantity * price_paise, 0);
      expect(placed.total_paise).toBe(total);
      for (const event of life) {
        if (event.type === 'order.delivered') expect(event.total_paise).toBe(total);
        if (event.type === 'order.cancelled') expect([0, total]).toContain(event.refund_paise);
      }
    }
  });
});

describe('riders', () => {
  const rides = [...orders.values()].flatMap((life) => {
    const assigned = life.find((event) => event.type === 'delivery.assigned');
    return assigned === undefined
      ? []
      : [{ rider: assigned.rider_id, from: life[0]!.event_time, to: life.at(-1)!.event_time }];
  });

  test('none carries two orders at once', () => {
    for (const own of Map.groupBy(rides, ({ rider }) => rider).values())
      for (const [index, ride] of own.entries()) if (index > 0) expect(ride.from > own[index - 1]!.to).toBe(true);
  });

  test('every order fits into its rider’s slot, for many slots to come', () => {
    for (let slot = 0; slot < 400; slot++)
      for (let rider = 0; rider < 50; rider++) {
        const plan = planOrder(world, rider, slot);
        if (plan === undefined) continue;
        const startAt = slot * slotMs + world.riders[rider]!.phaseMs;
        const endAt = plan.cancelledAt === Infinity ? plan.completedAt : plan.cancelledAt;
        expect(plan.placedAt).toBeGreaterThanOrEqual(startAt);
        expect(endAt).toBeLessThan(startAt + slotMs);
      }
  });

  test('they stay in town, near their order, at speeds of their vehicle', () => {
    const byCode = new Map(cities.map((city) => [city.code, city]));
    for (const event of events) {
      if (event.type !== 'rider.location') continue;
      const city = byCode.get(event.city)!;
      const north = Math.abs(event.latitude * 1e6 - city.centre.latitude) * kmPerLatitude;
      const east = Math.abs(event.longitude * 1e6 - city.centre.longitude) * city.kmPerLongitude;
      expect(Math.max(north, east)).toBeLessThan(cityReachKm + 1.01);
      expect(event.speed_kmh).toBeLessThan(event.vehicle === 'bicycle' ? 40 : 65);
    }
  });

  test('they move: from where they were assigned to the restaurant, and on to the customer', () => {
    for (const life of ended.slice(0, 300)) {
      const legs = life.flatMap((event) => (event.type === 'rider.location' ? [event.leg] : []));
      expect(legs.join(' ').replaceAll(/\b(\w+)( \1\b)+/g, '$1')).toMatch(/^(to_restaurant)?( ?to_customer)?$/);
    }
  });
});

/** The demand at that hour of a Monday in India. */
const at = (hour: number): number => demandAt(Date.UTC(2026, 0, 5, hour) - 5.5 * 3_600_000, 1);

describe('demand', () => {
  test('is highest at meals in India and lowest before dawn', () => {
    expect(at(13)).toBeGreaterThan(at(16));
    expect(at(20)).toBeGreaterThan(at(17));
    expect(Math.min(...Array.from({ length: 24 }, (_, hour) => at(hour)))).toBe(Math.min(at(3), at(4)));
  });

  test('is higher on Sundays than on Mondays', () => {
    expect(demandAt(Date.UTC(2026, 0, 4, 10), 1)).toBeGreaterThan(demandAt(Date.UTC(2026, 0, 5, 10), 1));
  });

  test('cities differ as Zipf has it: the first has about twice the orders of the second', () => {
    const counts = cities.map(
      ({ code }) => [...orders.keys()].filter((id) => orders.get(id)![0]!.city === code).length,
    );
    expect(counts[0]! / counts[1]!).toBeGreaterThan(1.5);
    expect(counts[0]! / counts[1]!).toBeLessThan(2.3);
    expect(Math.min(...counts)).toBeGreaterThan(10);
  });
});
