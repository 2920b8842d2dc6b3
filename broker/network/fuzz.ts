/**
 * Malformed and truncated requests, from a seed: the beginnings of right ones with bytes changed, cut off or put in.
 * Used in short by the tests beside this file, and by the million in test/long.
 */
import type { Api } from '../protocol/api.ts';
import { Writer } from '../protocol/writer.ts';

/** A small generator of pseudo-random numbers (mulberry32), so that a failure can be repeated. */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

/** Joining a group waits for others by design; all else answers at once. */
const WAITING = new Set(['JoinGroup', 'SyncGroup']);

export const makeFrames = (apis: readonly Api[], random: () => number): (() => Buffer) => {
  const below = (limit: number): number => Math.floor(random() * limit);
  const usable = apis.filter((api) => !WAITING.has(api.name));
  const body = (length: number): Buffer => {
    const bytes = Buffer.alloc(length);
    // Mostly small numbers: they pass for lengths and counts, and so lead deeper into the codec.
    for (let at = 0; at < length; at++) bytes[at] = random() < 0.7 ? below(4) : below(256);
    return bytes;
  };
  return () => {
    const api = usable[below(usable.length)]!;
    const [first, last] = api.versions;
    const version = random() < 0.95 ? first + below(last - first + 1) : below(100);
    const writer = new Writer();
    const content = body(below(120));
    writer.int16(random() < 0.98 ? api.key : below(2000));
    writer.int16(version);
    writer.int32(below(1000));
    writer.int16(0);
    if (version >= api.flexibleSince) writer.unsignedVarint(0);
    writer.bytes(content);
    const bytes = Buffer.concat(writer.finish());
    const framed = Buffer.alloc(4 + bytes.length);
    framed.writeInt32BE(random() < 0.99 ? bytes.length : below(2 ** 31) | 0);
    bytes.copy(framed, 4);
    return random() < 0.02 ? framed.subarray(0, below(framed.length)) : framed;
  };
};
