/**
 * The life of one order, planned whole: a pure function of (seed, rider, slot).
 *
 * Every rider has consecutive slots of 50 virtual minutes, each rider's shifted by a phase. A slot is used with the
 * probability that the demand curve gives for its start; a used slot is exactly one order, and the whole of its life fits
 * in the slot. So a rider never carries two orders, and the world has no state that a restart would have to bring back.
 */
import type { CancelledBy, CancelReason, Payment } from '../schemas/index.ts';
import { distanceKm, offset } from './cities.ts';
import type { Point } from './cities.ts';
import { doorAt, populationAt } from './customers.ts';
import { demandAt } from './demand.ts';
import type { Dish } from './pools.ts';
import { hash, Random, unitOf } from './random.ts';
import { slotMs } from './world.ts';
import type { Restaurant, Rider, World } from './world.ts';

export interface OrderLine {
  dish: Dish;
  quantity: number;
}

/** A step that the order never comes to. Later than everything, so that comparisons need no special case. */
export const never = Infinity;

/** Times (`…At`) are milliseconds since the start of the world; `never` where the order is cancelled before. */
export interface OrderPlan {
  id: string;
  /** Source of what single events need beyond the plan. */
  seed: number;
  rider: Rider;
  restaurant: Restaurant;
  /** The customer's number within the city. */
  customer: number;
  customerDoor: Point;
  lines: OrderLine[];
  totalPaise: number;
  payment: Payment;
  placedAt: number;
  acceptedAt: number;
  promisedMinutes: number;
  assignedAt: number;
  /** Where the rider is when the order comes. */
  riderStart: Point;
  arrivedAt: number;
  preparedAt: number;
  pickedUpAt: number;
  deliveredAt: number;
  completedAt: number;
  cancelledAt: number;
  cancelledBy: CancelledBy;
  cancelReason: CancelReason;
  approachKm: number;
  routeKm: number;
  firstPingAt: number;
  pingEveryMs: number;
  rating: number | null;
  tipPaise: number;
}

const minuteMs = 60_000;
const random = new Random();

/** The order of a rider's slot; undefined when nobody orders. */
export function planOrder(world: World, riderIndex: number, slot: number): OrderPlan | undefined {
  const rider = world.riders[riderIndex]!;
  const slotAt = slot * slotMs + rider.phaseMs;
  const seed = hash(world.seed32, 0x000de8, riderIndex, slot);
  if (unitOf(seed) >= demandAt(world.startMs + slotAt, world.demand)) return undefined;
  random.reseed(seed, riderIndex, slot);
  const plan = planBasket(world, rider, slotAt, seed);
  plan.id = `${world.key}-${pad5(riderIndex)}-${pad5(slot)}`;
  planKitchen(plan, slotAt);
  planRide(plan);
  planCancellation(plan);
  planOpinion(plan);
  return plan;
}

function pad5(value: number): string {
  return String(value).padStart(5, '0');
}

function planBasket(world: World, rider: Rider, slotAt: number, seed: number): OrderPlan {
  const restaurants = world.restaurants[rider.cityIndex]!;
  const popularity = random.unit();
  const restaurant = restaurants[Math.floor(popularity * popularity * restaurants.length)]!;
  const customer = nearbyCustomer(world, rider, restaurant, Math.floor(slotAt / minuteMs));
  const lines = planLines(restaurant);
  return {
    id: '',
    seed,
    rider,
    restaurant,
    customer,
    customerDoor: doorAt(world, rider.cityIndex, customer, Math.floor(slotAt / minuteMs)),
    lines,
    totalPaise: lines.reduce((sum, { dish, quantity }) => sum + dish.pricePaise * quantity, 0),
    payment: planPayment(random.unit()),
    placedAt: 0,
    acceptedAt: never,
    promisedMinutes: 0,
    assignedAt: never,
    riderStart: offset(rider.city, restaurant.door, random.between(-1, 1), random.between(-1, 1)),
    arrivedAt: never,
    preparedAt: never,
    pickedUpAt: never,
    deliveredAt: never,
    completedAt: never,
    cancelledAt: never,
    cancelledBy: 'customer',
    cancelReason: 'changed_mind',
    approachKm: 0,
    routeKm: 0,
    firstPingAt: never,
    pingEveryMs: 0,
    rating: null,
    tipPaise: 0,
  };
}

/** People order from near by, and cyclists are sent to the nearest: the closest of a few who are drawn. */
function nearbyCustomer(world: World, rider: Rider, restaurant: Restaurant, minute: number): number {
  const population = populationAt(world, rider.cityIndex, minute);
  let nearest = 0;
  let nearestKm = Infinity;
  for (let draws = rider.vehicle === 'bicycle' ? 6 : 3; draws > 0; draws--) {
    const regularity = random.unit();
    const number = Math.floor(regularity * Math.sqrt(regularity) * population);
    const km = distanceKm(rider.city, restaurant.door, doorAt(world, rider.cityIndex, number, minute));
    if (km < nearestKm) [nearest, nearestKm] = [number, km];
  }
  return nearest;
}

function planLines(restaurant: Restaurant): OrderLine[] {
  const menu = restaurant.menu;
  const count = 1 + Math.floor(random.unit() * random.unit() * 4);
  const first = random.below(menu.length);
  const lines: OrderLine[] = [];
  for (let line = 0; line < count; line++)
    lines.push({
      dish: menu[(first + line * 3) % menu.length]!,
      quantity: random.unit() < 0.7 ? 1 : 2 + random.below(2),
    });
  return lines;
}

function planPayment(draw: number): Payment {
  if (draw < 0.62) return 'upi';
  if (draw < 0.78) return 'card';
  return draw < 0.93 ? 'cash' : 'wallet';
}

/** Placed, accepted, prepared. At the latest 24 minutes into the slot. */
function planKitchen(plan: OrderPlan, slotAt: number): void {
  plan.placedAt = Math.floor(slotAt + random.between(0, 4) * minuteMs);
  plan.acceptedAt = plan.placedAt + toMs(random.logNormal(0.6, 0.6, 0.1, 2));
  const minutes = random.logNormal(plan.restaurant.prepMinutes, 0.3, 4, 18);
  plan.preparedAt = plan.acceptedAt + toMs(minutes);
  plan.promisedMinutes = Math.max(5, Math.round(minutes * random.between(0.75, 1.2)));
}

/** Assigned, arrived, picked up, delivered, completed: at the latest 49 minutes into the slot. */
function planRide(plan: OrderPlan): void {
  const { rider, restaurant } = plan;
  plan.assignedAt = plan.acceptedAt + toMs(random.between(0.2, 1.5));
  plan.approachKm = distanceKm(rider.city, plan.riderStart, restaurant.door);
  plan.arrivedAt = plan.assignedAt + toMs(rideMinutes(rider, plan.approachKm, 8));
  plan.pickedUpAt = Math.max(plan.arrivedAt, plan.preparedAt) + toMs(random.between(0.3, 1.5));
  plan.routeKm = distanceKm(rider.city, restaurant.door, plan.customerDoor);
  plan.deliveredAt = plan.pickedUpAt + toMs(rideMinutes(rider, plan.routeKm, 21) + random.between(0.5, 1.5));
  plan.completedAt = plan.deliveredAt + toMs(random.between(0.05, 0.9));
  plan.pingEveryMs = 38_000 + random.below(12_000);
  plan.firstPingAt = plan.assignedAt + 1000 + random.below(plan.pingEveryMs);
}

/** Traffic makes it longer; a rider in a hurry never makes it longer than `max`. */
function rideMinutes(rider: Rider, km: number, max: number): number {
  return Math.min(max, (km / rider.cruiseKmh) * 60 * random.logNormal(1, 0.18, 0.75, 1.7) + 0.3);
}

function toMs(minutes: number): number {
  return Math.round(minutes * minuteMs);
}

/** One order in sixteen is called off: at once, instead of being accepted, or while the kitchen is at it. */
function planCancellation(plan: OrderPlan): void {
  const draw = random.unit();
  if (draw < 0.01) cancel(plan, plan.placedAt + 2000 + random.below(8000), 'system', 'payment_failed');
  else if (draw < 0.025) cancel(plan, plan.acceptedAt, 'restaurant', 'out_of_stock');
  else if (draw < 0.03) cancel(plan, plan.acceptedAt, 'restaurant', 'kitchen_closed');
  else if (draw < 0.045) cancel(plan, plan.placedAt + 1000 + random.below(5000), 'customer', 'changed_mind');
  else if (draw < 0.0625)
    cancel(
      plan,
      plan.acceptedAt + toMs(random.between(0.3, 0.95) * ((plan.preparedAt - plan.acceptedAt) / minuteMs)),
      'customer',
      'too_slow',
    );
}

function cancel(plan: OrderPlan, at: number, by: CancelledBy, reason: CancelReason): void {
  plan.cancelledAt = at;
  plan.cancelledBy = by;
  plan.cancelReason = reason;
  for (const step of ['acceptedAt', 'assignedAt', 'preparedAt', 'pickedUpAt', 'deliveredAt', 'completedAt'] as const)
    if (plan[step] >= at) plan[step] = never;
  if (plan.assignedAt === never) plan.firstPingAt = never;
}

function planOpinion(plan: OrderPlan): void {
  if (plan.completedAt === never) return;
  const lateMinutes = Math.max(0, (plan.deliveredAt - plan.placedAt) / minuteMs - 30);
  const stars = Math.round(4.4 + plan.rider.charm + random.normal() * 0.7 - lateMinutes * 0.12);
  if (random.unit() < 0.62) plan.rating = Math.min(5, Math.max(1, stars));
  if (random.unit() < 0.22) plan.tipPaise = 1000 * (1 + random.below(6));
}

/** No ping from then on: the ride, or the order, is over. */
export function rideEndsAt(plan: OrderPlan): number {
  return Math.min(plan.deliveredAt, plan.cancelledAt);
}
