/**
 * Seeded randomness with 32-bit integer operations only: the same numbers on every machine, fast in V8, no BigInt.
 *
 * `hash` turns coordinates (seed, entity, slot) into a number: plans are pure functions of such coordinates.
 * `Random` is xoshiro128** (Blackman and Vigna, https://prng.di.unimi.it/xoshiro128starstar.c), seeded by splitmix32.
 * What it computes beyond integers uses +, −, ×, ÷ and `Math.exp`, which V8 computes in software, alike everywhere.
 */

/** MurmurHash3's finaliser: every input bit changes about half of the output bits. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A well mixed unsigned 32-bit number of up to four coordinates. */
export function hash(a: number, b: number, c = 0, d = 0): number {
  let h = mix(a + 0x9e3779b9);
  h = mix((h ^ b) + 0x7f4a7c15);
  h = mix((h ^ c) + 0x94d049bb);
  return mix((h ^ d) + 0x632be5ab);
}

/** Folds a seed of up to 53 bits to 32. */
export function foldSeed(seed: number): number {
  return hash(seed % 0x1_0000_0000, Math.floor(seed / 0x1_0000_0000));
}

/** A number in [0, 1) of a hash. */
export function unitOf(hashed: number): number {
  return hashed / 0x1_0000_0000;
}

export class Random {
  #a = 1;
  #b = 0;
  #c = 0;
  #d = 0;

  /** Starts over; equal coordinates give equal sequences. Reuse one object: seeding allocates nothing. */
  reseed(a: number, b: number, c = 0): this {
    let state = hash(a, b, c);
    const word = (): number => {
      state = (state + 0x9e3779b9) | 0;
      return mix(state);
    };
    this.#a = word() | 1; // never all zero
    this.#b = word();
    this.#c = word();
    this.#d = word();
    return this;
  }

  /** Unsigned 32 bits. */
  next(): number {
    const b5 = Math.imul(this.#b, 5);
    const result = Math.imul((b5 << 7) | (b5 >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** In [0, 1). */
  unit(): number {
    return this.next() / 0x1_0000_0000;
  }

  /** An integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.unit() * n);
  }

  /** In [from, to). */
  between(from: number, to: number): number {
    return from + this.unit() * (to - from);
  }

  /** Mean 0, variance 1, never beyond ±3.47: the sum of four uniforms. */
  normal(): number {
    return (this.unit() + this.unit() + this.unit() + this.unit() - 2) * 1.7320508075688772;
  }

  /** Around `median`, skewed to the right as waiting times are, held within [min, max]. */
  logNormal(median: number, sigma: number, min: number, max: number): number {
    return Math.min(max, Math.max(min, median * Math.exp(sigma * this.normal())));
  }
}
