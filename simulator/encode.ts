/**
 * Events as JSON text, by templates: at 100,000 events a second there is no time to build objects and stringify them.
 *
 * Every event of an order has a number within the order: the steps of its life have fixed ones (`stepNumbers`), pings
 * count up from `firstPing`. The number decides the type, and with the order's id it makes the event_id.
 * What is put between quotes is known to need no escaping (pools.ts lets nothing else in).
 */
import { eventTypes } from '../schemas/index.ts';
import type { EventType } from '../schemas/index.ts';
import { kmPerLatitude } from './cities.ts';
import { customerId } from './customers.ts';
import type { OrderPlan } from './order.ts';
import { hash } from './random.ts';

/** In the order in which simultaneous events of one order happen. */
export const stepNumbers = {
  placed: 0,
  accepted: 1,
  assigned: 2,
  prepared: 3,
  pickedUp: 4,
  delivered: 5,
  completed: 6,
  cancelled: 7,
} as const;
export const firstPing = 8;

const typeOfStep: readonly EventType[] = [
  'order.placed',
  'order.accepted',
  'delivery.assigned',
  'order.prepared',
  'order.picked_up',
  'order.delivered',
  'delivery.completed',
  'order.cancelled',
];

/** Index into `eventTypes` of the event with that number. */
export const typeIndexOf = (number: number): number => (number >= firstPing ? pingType : stepTypes[number]!);
const stepTypes = typeOfStep.map((type) => eventTypes.indexOf(type));
const pingType = eventTypes.indexOf('rider.location');

const two = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));
const three = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'));

/** "2026-01-05T06:30:" of the minute that starts then. */
export function minutePrefix(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 17);
}

/** The rest of the time: seconds and milliseconds within the minute. */
export function minuteSuffix(msInMinute: number): string {
  const seconds = Math.floor(msInMinute / 1000);
  return `${two[seconds]}.${three[msInMinute - seconds * 1000]}Z`;
}

/** One event. `at` is milliseconds since the start of the world, `time` the same as ISO 8601. */
export function encodeEvent(plan: OrderPlan, number: number, at: number, time: string): string {
  if (number >= firstPing) return head(plan, number, 'rider.location', time) + ping(plan, number, at);
  return head(plan, number, typeOfStep[number]!, time) + bodies[number]!(plan);
}

function head(plan: OrderPlan, number: number, type: EventType, time: string): string {
  return `{"event_id":"${plan.id}-${two[number]}","type":"${type}","event_time":"${time}","order_id":"${plan.id}","city":"${plan.rider.city.code}",`;
}

/** The type-specific rest of each step, by its number. */
const bodies: readonly ((plan: OrderPlan) => string)[] = [
  (plan) => `${parties(plan)},"items":[${items(plan)}],"total_paise":${plan.totalPaise},"payment":"${plan.payment}"}`,
  (plan) => `${parties(plan)},"promised_prep_minutes":${plan.promisedMinutes}}`,
  (plan) =>
    `"restaurant_id":"${plan.restaurant.id}",${ride(plan)},"pickup_distance_km":${hundredths(plan.approachKm)},"latitude":${degrees(plan.riderStart.latitude)},"longitude":${degrees(plan.riderStart.longitude)}}`,
  (plan) => `${parties(plan)},"prep_minutes":${minutes(plan.preparedAt - plan.acceptedAt)}}`,
  (plan) =>
    `${parties(plan)},"rider_id":"${plan.rider.id}","waited_minutes":${minutes(plan.pickedUpAt - plan.preparedAt)}}`,
  (plan) =>
    `${parties(plan)},"rider_id":"${plan.rider.id}","total_paise":${plan.totalPaise},"minutes_since_placed":${minutes(plan.deliveredAt - plan.placedAt)}}`,
  (plan) =>
    `"restaurant_id":"${plan.restaurant.id}",${ride(plan)},"distance_km":${hundredths(plan.routeKm)},"delivery_minutes":${minutes(plan.deliveredAt - plan.assignedAt)},"rating":${plan.rating},"tip_paise":${plan.tipPaise}}`,
  (plan) =>
    `${parties(plan)},"cancelled_by":"${plan.cancelledBy}","reason":"${plan.cancelReason}","refund_paise":${refund(plan)}}`,
];

function parties(plan: OrderPlan): string {
  return `"customer_id":"${customerId(plan.rider.cityIndex, plan.customer)}","restaurant_id":"${plan.restaurant.id}"`;
}

function ride(plan: OrderPlan): string {
  return `"rider_id":"${plan.rider.id}","vehicle":"${plan.rider.vehicle}"`;
}

function items(plan: OrderPlan): string {
  return plan.lines
    .map(({ dish, quantity }) => `{"dish":"${dish.name}","quantity":${quantity},"price_paise":${dish.pricePaise}}`)
    .join(',');
}

/** Cash was never paid, and a payment that failed neither. */
function refund(plan: OrderPlan): number {
  return plan.payment === 'cash' || plan.cancelReason === 'payment_failed' ? 0 : plan.totalPaise;
}

/** Where the rider is at that moment: on the way to the restaurant, waiting there, or on the way to the customer. */
function ping(plan: OrderPlan, number: number, at: number): string {
  const toCustomer = at >= plan.pickedUpAt;
  const from = toCustomer ? plan.restaurant.door : plan.riderStart;
  const to = toCustomer ? plan.customerDoor : plan.restaurant.door;
  const startAt = toCustomer ? plan.pickedUpAt : plan.assignedAt;
  const endAt = toCustomer ? plan.deliveredAt : plan.arrivedAt;
  const km = toCustomer ? plan.routeKm : plan.approachKm;
  const part = Math.min(1, (at - startAt) / (endAt - startAt));
  const north = (to.latitude - from.latitude) * kmPerLatitude;
  const northPart = km === 0 ? 1 : Math.abs(north) / km;
  const goesNorth = part < northPart;
  const noise = hash(plan.seed, number);
  const latitude = goesNorth ? from.latitude + ((to.latitude - from.latitude) * part) / northPart : to.latitude;
  const longitude = goesNorth
    ? from.longitude
    : from.longitude + ((to.longitude - from.longitude) * (part - northPart)) / (1 - northPart || 1);
  const speed = part >= 1 ? 0 : (km / ((endAt - startAt) / 3_600_000)) * (0.8 + (noise & 255) / 640);
  const heading = (headingOf(goesNorth, north, to.longitude - from.longitude) + ((noise >>> 8) % 21) + 350) % 360;
  return (
    `${ride(plan)},"latitude":${degrees(latitude)},"longitude":${degrees(longitude)},` +
    `"speed_kmh":${Math.round(speed * 10) / 10},"heading_deg":${heading},"leg":"${toCustomer ? 'to_customer' : 'to_restaurant'}"}`
  );
}

/** Streets run along the compass: first north or south, then east or west. */
function headingOf(goesNorth: boolean, north: number, east: number): number {
  if (goesNorth) return north >= 0 ? 0 : 180;
  return east >= 0 ? 90 : 270;
}

function degrees(microdegrees: number): number {
  return Math.round(microdegrees) / 1e6;
}

function hundredths(km: number): number {
  return Math.round(km * 100) / 100;
}

function minutes(ms: number): number {
  return Math.round(ms / 6000) / 10;
}
