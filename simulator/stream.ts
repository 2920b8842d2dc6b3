/**
 * The world's events as one sequence: the n-th event has sequence n, whoever asks and wherever reading began.
 *
 * `take` hands out the next events as the bytes that go to Kafka, together with what the same events mean for the shop's
 * database. A `Mark` (minute, sequence, counts) is all that is needed to begin in the middle.
 */
import { eventTypes } from '../schemas/index.ts';
import { Calendar, msOf, numberOf } from './calendar.ts';
import { changeCalendar, changesAt } from './customers.ts';
import type { CustomerChange } from './customers.ts';
import { encodeEvent, firstPing, minutePrefix, minuteSuffix, stepNumbers, typeIndexOf } from './encode.ts';
import type { OrderPlan } from './order.ts';
import type { World } from './world.ts';

/** The state of the sequence at the start of a virtual minute. */
export interface Mark {
  minute: number;
  /** Sequence of the first event of the minute, if it has one. */
  sequence: number;
  /** Events before it, by type, in the order of `eventTypes`. */
  counts: readonly number[];
}

/** What a stretch of the sequence does to the shop's database. */
export type ShopOperation =
  | { kind: 'customers'; minute: number; time: string; changes: readonly CustomerChange[] }
  | { kind: 'order'; sequence: number; number: number; plan: OrderPlan; time: string };

export interface Batch {
  firstSequence: number;
  count: number;
  /** One event a line, every line ended by a newline. */
  body: Buffer<ArrayBuffer>;
  /** Events of the batch by type, in the order of `eventTypes`. */
  counts: number[];
  operations: ShopOperation[];
  /** Virtual time of the last event, Unix milliseconds. */
  lastTimeMs: number;
}

const minuteMs = 60_000;
const changesOrder = (number: number): boolean => number < firstPing && number !== stepNumbers.completed;

export const startMark: Mark = { minute: 0, sequence: 0, counts: eventTypes.map(() => 0) };

export class EventStream {
  readonly #world: World;
  readonly #calendar: Calendar;
  readonly #changes: Map<number, CustomerChange[]>;
  /** At the start of the minute being handed out. */
  #mark: Mark;
  #keys: Float64Array<ArrayBuffer>;
  #next = 0;
  #prefix = '';
  #sequence: number;
  #counts: number[];
  /** The customers' changes of this minute have not been handed out yet. */
  #customersDue = true;

  constructor(world: World, mark: Mark = startMark) {
    this.#world = world;
    this.#calendar = new Calendar(world, mark.minute);
    this.#changes = changeCalendar(world);
    this.#mark = mark;
    this.#sequence = mark.sequence;
    this.#counts = [...mark.counts];
    this.#keys = this.#calendar.nextMinute();
    this.#prefix = minutePrefix(world.startMs + mark.minute * minuteMs);
  }

  /** Sequence of the next event. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Events before the next one, by type. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  /** Where a new stream can begin to reach this position soon. */
  get mark(): Mark {
    return this.#mark;
  }

  /** Moves on to the event with that sequence, without the work of encoding. Customers' changes in between are left out. */
  skipTo(sequence: number): void {
    if (sequence < this.#sequence) throw new RangeError(`cannot go back from ${this.#sequence} to ${sequence}`);
    while (this.#sequence < sequence) {
      if (this.#next === this.#keys.length) this.#turnMinute();
      else this.#count(this.#keys[this.#next++]!);
    }
  }

  /** The next `count` events. */
  take(count: number): Batch {
    const firstSequence = this.#sequence;
    const before = [...this.#counts];
    const operations: ShopOperation[] = [];
    let text = '';
    let lastTimeMs = 0;
    while (this.#sequence < firstSequence + count) {
      if (this.#customersDue) this.#takeCustomers(operations);
      if (this.#next === this.#keys.length) {
        this.#turnMinute();
        continue;
      }
      const key = this.#keys[this.#next++]!;
      const plan = this.#calendar.planOf(key);
      const number = numberOf(key);
      const time = this.#prefix + minuteSuffix(msOf(key));
      lastTimeMs = msOf(key);
      text += `${encodeEvent(plan, number, this.#mark.minute * minuteMs + lastTimeMs, time)}\n`;
      if (changesOrder(number)) operations.push({ kind: 'order', sequence: this.#sequence, number, plan, time });
      this.#count(key);
    }
    lastTimeMs += this.#world.startMs + this.#mark.minute * minuteMs;
    const counts = this.#counts.map((total, type) => total - before[type]!);
    return { firstSequence, count, body: Buffer.from(text), counts, operations, lastTimeMs };
  }

  #count(key: number): void {
    this.#counts[typeIndexOf(numberOf(key))]!++;
    this.#sequence++;
  }

  #turnMinute(): void {
    const minute = this.#mark.minute + 1;
    this.#mark = { minute, sequence: this.#sequence, counts: [...this.#counts] };
    this.#keys = this.#calendar.nextMinute();
    this.#next = 0;
    this.#prefix = minutePrefix(this.#world.startMs + minute * minuteMs);
    this.#customersDue = true;
  }

  #takeCustomers(operations: ShopOperation[]): void {
    this.#customersDue = false;
    const { minute } = this.#mark;
    const changes = changesAt(this.#world, this.#changes, minute);
    if (changes.length > 0) operations.push({ kind: 'customers', minute, time: `${this.#prefix}00.000Z`, changes });
  }
}
