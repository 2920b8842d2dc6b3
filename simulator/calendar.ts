/**
 * The calendar queue that merges all riders' orders into one order of events: a bucket for every virtual minute.
 *
 * A slot that starts in a minute puts its events into the buckets of the next 50 minutes; when a bucket's own minute comes,
 * no event can be added to it any more, so it is sorted and handed out. An event is one number,
 * (ms in the minute, rider, slot parity, number in the order): sorting numbers is the tie-break, the same on every machine.
 * To start in the middle, the plans of the 50 minutes before are computed again: no state has to be kept.
 */
import { firstPing, stepNumbers } from './encode.ts';
import { planOrder, rideEndsAt } from './order.ts';
import type { OrderPlan } from './order.ts';
import { slotMinutes } from './world.ts';
import type { World } from './world.ts';

const minuteMs = 60_000;
/** An order may reach into the minute in which the rider's next slot begins. */
const ringMinutes = slotMinutes + 2;
const riderFactor = 512;
const msFactor = riderFactor * 131_072;

/** The parts of an event's sort key. */
export const msOf = (key: number): number => Math.floor(key / msFactor);
export const numberOf = (key: number): number => key % 256;

export class Calendar {
  readonly #world: World;
  /** Riders by the minute in which their slots start. */
  readonly #starting: number[][];
  /** Two per rider: the slot before may still have events when the next one begins. */
  readonly #plans: (OrderPlan | undefined)[];
  readonly #buckets: Float64Array<ArrayBuffer>[];
  readonly #lengths: number[];
  readonly #firstMinute: number;
  /** The next minute to hand out; slots that start before it have been planned. */
  #minute: number;

  constructor(world: World, minute: number) {
    this.#world = world;
    this.#starting = Array.from({ length: slotMinutes }, () => []);
    for (const [index, rider] of world.riders.entries())
      this.#starting[Math.floor(rider.phaseMs / minuteMs)]!.push(index);
    this.#plans = Array.from({ length: world.riders.length * 2 }, () => undefined);
    this.#buckets = Array.from({ length: ringMinutes }, () => new Float64Array(1024));
    this.#lengths = Array.from({ length: ringMinutes }, () => 0);
    this.#firstMinute = minute;
    this.#minute = minute;
    for (let earlier = Math.max(0, minute - slotMinutes); earlier < minute; earlier++) this.#planSlots(earlier);
  }

  /** Sorted keys of the events of the next minute. The array is only valid until the next call. */
  nextMinute(): Float64Array<ArrayBuffer> {
    const index = this.#minute % ringMinutes;
    this.#planSlots(this.#minute++);
    const keys = this.#buckets[index]!.subarray(0, this.#lengths[index]!);
    this.#lengths[index] = 0;
    keys.sort();
    return keys;
  }

  planOf(key: number): OrderPlan {
    return this.#plans[Math.floor((key % msFactor) / 256)]!;
  }

  #planSlots(minute: number): void {
    const slot = Math.floor(minute / slotMinutes);
    for (const rider of this.#starting[minute % slotMinutes]!) {
      const plan = planOrder(this.#world, rider, slot);
      if (plan === undefined) continue;
      const lane = rider * 2 + (slot & 1);
      this.#plans[lane] = plan;
      this.#addAll(plan, lane);
    }
  }

  #addAll(plan: OrderPlan, lane: number): void {
    this.#add(lane, stepNumbers.placed, plan.placedAt);
    this.#add(lane, stepNumbers.accepted, plan.acceptedAt);
    this.#add(lane, stepNumbers.assigned, plan.assignedAt);
    this.#add(lane, stepNumbers.prepared, plan.preparedAt);
    this.#add(lane, stepNumbers.pickedUp, plan.pickedUpAt);
    this.#add(lane, stepNumbers.delivered, plan.deliveredAt);
    this.#add(lane, stepNumbers.completed, plan.completedAt);
    this.#add(lane, stepNumbers.cancelled, plan.cancelledAt);
    const endAt = rideEndsAt(plan);
    for (let at = plan.firstPingAt, number = firstPing; at < endAt; at += plan.pingEveryMs)
      this.#add(lane, number++, at);
  }

  /** Events that never happen or that are before the minute at which we started are left out. */
  #add(lane: number, number: number, at: number): void {
    if (at === Infinity) return;
    const minute = Math.floor(at / minuteMs);
    if (minute < this.#firstMinute) return;
    const index = minute % ringMinutes;
    const length = this.#lengths[index]!;
    if (length === this.#buckets[index]!.length) this.#grow(index);
    this.#buckets[index]![length] = (at - minute * minuteMs) * msFactor + lane * 256 + number;
    this.#lengths[index] = length + 1;
  }

  #grow(index: number): void {
    const bigger = new Float64Array(this.#buckets[index]!.length * 2);
    bigger.set(this.#buckets[index]!);
    this.#buckets[index] = bigger;
  }
}
