/** What the world's people, places and orders look like as rows of the shop's tables. */
import { cities } from '../cities.ts';
import type { Point } from '../cities.ts';
import { customerAt, customerId } from '../customers.ts';
import { stepNumbers } from '../encode.ts';
import type { OrderPlan } from '../order.ts';
import { hash } from '../random.ts';
import type { Restaurant, World } from '../world.ts';

/** Column → value; the columns are those of schemas/oltp. */
export type Row = Record<string, string | number | null>;

const dayMs = 86_400_000;

export function restaurantRow(world: World, restaurant: Restaurant, number: number): Row {
  const time = before(world, hash(world.seed32, 0x0ed, number) % 1500);
  const { id, name, cuisine, street, city, door } = restaurant;
  return {
    restaurant_id: id,
    name,
    cuisine,
    city: city.code,
    street,
    ...place(door),
    created_at: time,
    updated_at: time,
  };
}

/** A customer who is there from the start. */
export function founderRow(world: World, cityIndex: number, number: number): Row {
  return customerRow(world, cityIndex, number, 0, before(world, hash(world.seed32, 0x0acc, cityIndex, number) % 400));
}

/** A customer as of a minute, signed up at `time`. */
export function customerRow(world: World, cityIndex: number, number: number, minute: number, time: string): Row {
  const { id, name, phone, cityCode, street, door } = customerAt(world, cityIndex, number, minute);
  return { customer_id: id, name, phone, city: cityCode, street, ...place(door), created_at: time, updated_at: time };
}

function place(door: Point): Row {
  return { latitude: door.latitude / 1e6, longitude: door.longitude / 1e6 };
}

/** Noon, some days before the world's clock starts. */
function before(world: World, days: number): string {
  return new Date(world.startMs - (world.startMs % dayMs) - (days + 1) * dayMs + dayMs / 2).toISOString();
}

export function orderRow(plan: OrderPlan, time: string): Row {
  return {
    order_id: plan.id,
    customer_id: customerId(plan.rider.cityIndex, plan.customer),
    restaurant_id: plan.restaurant.id,
    rider_id: null,
    city: cities[plan.rider.cityIndex]!.code,
    status: 'placed',
    payment: plan.payment,
    total_paise: plan.totalPaise,
    placed_at: time,
    accepted_at: null,
    prepared_at: null,
    picked_up_at: null,
    delivered_at: null,
    cancelled_at: null,
    updated_at: time,
  };
}

export function itemRows(plan: OrderPlan): Row[] {
  return plan.lines.map(({ dish, quantity }, index) => ({
    item_id: `${plan.id}-${index + 1}`,
    order_id: plan.id,
    line: index + 1,
    dish: dish.name,
    quantity,
    price_paise: dish.pricePaise,
  }));
}

/** What each step after `placed` sets in the order's row; `:time` is the time of the step. */
export const stepSets: ReadonlyMap<number, string> = new Map([
  [stepNumbers.accepted, "status = 'accepted', accepted_at = :time"],
  [stepNumbers.assigned, 'rider_id = :rider'],
  [stepNumbers.prepared, "status = 'prepared', prepared_at = :time"],
  [stepNumbers.pickedUp, "status = 'picked_up', picked_up_at = :time"],
  [stepNumbers.delivered, "status = 'delivered', delivered_at = :time"],
  [stepNumbers.cancelled, "status = 'cancelled', cancelled_at = :time"],
]);
