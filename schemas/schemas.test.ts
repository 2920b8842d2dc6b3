import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { eventContracts, eventTypes, tableContracts } from './index.ts';
import type { CityEvent } from './index.ts';

const base = { order_id: '0a1b2c3d-00007-00042', event_time: '2026-01-05T06:30:00.000Z', city: 'INDO' };
const restaurant = { restaurant_id: 'INDO-R001' };
const customer = { customer_id: 'INDO-C00001', ...restaurant };
const rider = { rider_id: 'INDO-D0001' };
const place = { latitude: 22.7, longitude: 75.8 };
const item = { dish: 'Poha', quantity: 2, price_paise: 4500 };

function id(place: number): string {
  return `${base.order_id}-${String(place).padStart(2, '0')}`;
}

/** One of each, typed: a field that the type has and the schema has not (or the other way round) fails below. */
const samples: CityEvent[] = [
  {
    ...base,
    ...customer,
    event_id: id(0),
    type: 'order.placed',
    items: [item],
    total_paise: 9000,
    payment: 'upi',
  },
  { ...base, ...customer, event_id: id(1), type: 'order.accepted', promised_prep_minutes: 12 },
  { ...base, ...customer, event_id: id(2), type: 'order.prepared', prep_minutes: 11.5 },
  { ...base, ...customer, ...rider, event_id: id(3), type: 'order.picked_up', waited_minutes: 0.5 },
  {
    ...base,
    ...customer,
    ...rider,
    event_id: id(4),
    type: 'order.delivered',
    total_paise: 9000,
    minutes_since_placed: 31.2,
  },
  {
    ...base,
    ...customer,
    event_id: id(5),
    type: 'order.cancelled',
    cancelled_by: 'customer',
    reason: 'too_slow',
    refund_paise: 9000,
  },
  {
    ...base,
    ...restaurant,
    ...rider,
    ...place,
    event_id: id(6),
    type: 'delivery.assigned',
    vehicle: 'scooter',
    pickup_distance_km: 1.2,
  },
  {
    ...base,
    ...restaurant,
    ...rider,
    event_id: id(7),
    type: 'delivery.completed',
    vehicle: 'scooter',
    distance_km: 4.1,
    delivery_minutes: 22.5,
    rating: null,
    tip_paise: 0,
  },
  {
    ...base,
    ...rider,
    ...place,
    event_id: id(8),
    type: 'rider.location',
    vehicle: 'scooter',
    speed_kmh: 21.5,
    heading_deg: 359,
    leg: 'to_customer',
  },
];

describe('event contracts', () => {
  test('there is one for every event type, and its topic is the type', () => {
    expect(samples.map((sample) => sample.type)).toEqual([...eventTypes]);
    for (const contract of eventContracts.values()) expect(contract.topic).toBe(contract.type);
  });

  test.each(samples)('$type: a typed event has exactly the fields of its schema, in strict mode', (sample) => {
    const contract = eventContracts.get(sample.type)!;
    const validate = new Ajv({ strict: true }).compile({ ...contract.schema, additionalProperties: false });
    expect(validate(sample) ? [] : validate.errors).toEqual([]);
  });

  test.each(samples)('$type: an event that lacks any one field is refused', (sample) => {
    const validate = new Ajv().compile(eventContracts.get(sample.type)!.schema);
    for (const field of Object.keys(sample)) {
      const rest = Object.fromEntries(Object.entries(sample).filter(([name]) => name !== field));
      expect(validate(rest), field).toBe(false);
    }
  });

  test('every field says what it is, and the key is one of them', () => {
    for (const { schema, keyField } of eventContracts.values()) {
      const fields = schema.properties as Record<string, { description?: string }>;
      expect(fields).toHaveProperty(keyField);
      for (const [name, field] of Object.entries(fields)) expect(field.description, name).toMatch(/\.$/);
    }
  });
});

describe('table contracts', () => {
  test('every table has its primary key as a column that is never null', () => {
    for (const { columns, keyField } of tableContracts.values())
      expect(columns.find((column) => column.name === keyField)?.nullable).toBe(false);
  });

  test('schemas compile in strict mode and carry no keyword of ours', () => {
    for (const { schema } of tableContracts.values()) {
      expect(() => new Ajv({ strict: true }).compile(schema)).not.toThrow();
      expect(JSON.stringify(schema)).not.toContain('x-');
    }
  });
});
