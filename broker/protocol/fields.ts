/**
 * The notation in which APIs are written down: a message is an object of named fields, in wire order. From one such
 * table both the codec of every version and the TypeScript types derive.
 *
 * A field says in which versions it is there (`since`, `until`), from which version on it may be null (`nullable`),
 * its number if it travels as a tagged field (`tag`), and what is assumed where it is absent (`default`).
 */
import { MalformedFrame, type Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface FieldOptions<T> {
  readonly since?: number;
  readonly until?: number;
  readonly nullable?: number;
  readonly tag?: number;
  readonly default?: T | null;
}

export interface Codec<T> {
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
}

/** `Out`: what reading gives. `In`: what writing takes. `Optional`: whether writing may leave it out. */
export interface Field<Out, In = Out, Optional extends boolean = boolean> {
  readonly options: FieldOptions<Out>;
  /** What stands for the field in versions that do not have it. */
  fallback(): Out;
  compile(version: number, flexible: boolean): Codec<unknown>;
  readonly types?: { out: Out; in: In; optional: Optional };
}

type Null<O> = O extends { nullable: number } ? null : never;
type MayLack<O> = O extends { default: unknown } | { tag: number } | { until: number } ? true : false;

export type Fields = Readonly<Record<string, Field<unknown, never>>>;
type OutOf<F> = F extends { readonly types?: { out: infer Out; in: unknown; optional: boolean } } ? Out : never;
type InOf<F> = F extends { readonly types?: { out: unknown; in: infer In; optional: boolean } } ? In : never;
type IsOptional<F> = F extends { readonly types?: { out: unknown; in: unknown; optional: true } } ? true : false;

/** The type that reading a message of these fields gives. */
export type Message<F> = { -readonly [K in keyof F]: OutOf<F[K]> };
/** The type that writing takes: fields with a default, a tag or an end may be left out. */
export type MessageInput<F> = { -readonly [K in keyof F as IsOptional<F[K]> extends true ? never : K]: InOf<F[K]> } & {
  -readonly [K in keyof F as IsOptional<F[K]> extends true ? K : never]?: InOf<F[K]>;
};

const isIn = (options: FieldOptions<unknown>, version: number): boolean =>
  version >= (options.since ?? 0) && version <= (options.until ?? Infinity);

type Compile<T> = (version: number, flexible: boolean, nullable: boolean) => Codec<T | null>;

const field = <T, I, O extends FieldOptions<T>>(
  options: O | undefined,
  zero: () => T,
  compile: Compile<T>,
): Field<T | Null<O>, I | Null<O>, MayLack<O>> => ({
  options: (options ?? {}) as FieldOptions<T | Null<O>>,
  fallback: () => (options?.default === undefined ? zero() : options.default) as T | Null<O>,
  compile: (version, flexible) =>
    compile(version, flexible, version >= (options?.nullable ?? Infinity)) as Codec<unknown>,
});

type Primitive = 'bool' | 'int8' | 'int16' | 'uint16' | 'int32' | 'int64' | 'float64' | 'uuid';

const primitive =
  <T>(name: Primitive, zero: T) =>
  <const O extends FieldOptions<T>>(options?: O) => {
    const codec = {
      read: (reader: Reader) => reader[name]() as T,
      write: (writer: Writer, value: T) => (writer[name] as (value: T) => void).call(writer, value),
    };
    return field<T, T, O>(
      options,
      () => zero,
      () => codec as Codec<T | null>,
    );
  };

export const ZERO_UUID = '0'.repeat(32);
export const bool = primitive<boolean>('bool', false);
export const int8 = primitive<number>('int8', 0);
export const int16 = primitive<number>('int16', 0);
export const uint16 = primitive<number>('uint16', 0);
export const int32 = primitive<number>('int32', 0);
export const int64 = primitive<number>('int64', 0);
export const float64 = primitive<number>('float64', 0);
export const uuid = primitive<string>('uuid', ZERO_UUID);

/** Reads a length, or fails where null is not allowed. */
const lengthOrNull = (length: number, nullable: boolean): number => {
  if (length < -1 || (length === -1 && !nullable))
    throw new MalformedFrame(`a length is ${length} where at least 0 is expected`);
  return length;
};

export const string = <const O extends FieldOptions<string>>(options?: O) =>
  field<string, string, O>(
    options,
    () => '',
    (_version, flexible, nullable) => ({
      read(reader) {
        const length = lengthOrNull(flexible ? reader.compactLength() : reader.length16(), nullable);
        return length === -1 ? null : reader.string(length);
      },
      write(writer, given) {
        const value = given === null && !nullable ? '' : given; // versions that know no null here take '' for it
        const length = value === null ? -1 : Buffer.byteLength(value);
        if (flexible) writer.unsignedVarint(length + 1);
        else writer.int16(length);
        if (value !== null) writer.string(value, length);
      },
    }),
  );

export const bytes = <const O extends FieldOptions<Buffer>>(options?: O) =>
  field<Buffer, Uint8Array, O>(
    options,
    () => Buffer.alloc(0),
    (_version, flexible, nullable) => ({
      read(reader) {
        const length = lengthOrNull(flexible ? reader.compactLength() : reader.length32(), nullable);
        return length === -1 ? null : reader.bytes(length);
      },
      write(writer, value) {
        const length = value === null ? -1 : value.length;
        if (flexible) writer.unsignedVarint(length + 1);
        else writer.int32(length);
        if (value !== null) writer.bytes(value);
      },
    }),
  );

/** Record batches: bytes to the codec. */
export const records = bytes;

const arrayCodec = <T>(element: Codec<T>, flexible: boolean, nullable: boolean): Codec<T[] | null> => ({
  read(reader) {
    const length = lengthOrNull(flexible ? reader.compactLength() : reader.length32(), nullable);
    if (length === -1) return null;
    // Every element has at least one byte: a hostile count cannot make us allocate.
    if (length > reader.remaining) throw new MalformedFrame(`${length} elements are announced in too few bytes`);
    const values: T[] = [];
    for (let index = 0; index < length; index++) values.push(element.read(reader));
    return values;
  },
  write(writer, value) {
    const length = value === null ? -1 : value.length;
    if (flexible) writer.unsignedVarint(length + 1);
    else writer.int32(length);
    if (value !== null) for (const one of value) element.write(writer, one);
  },
});

const isField = (value: object): value is Field<unknown, unknown> =>
  typeof (value as Field<unknown>).compile === 'function';

type ElementOut<E> = E extends { readonly types?: unknown } & { compile: unknown } ? OutOf<E> : Message<E>;
type ElementIn<E> = E extends { readonly types?: unknown } & { compile: unknown } ? InOf<E> : MessageInput<E>;

export const array = <E extends object, const O extends FieldOptions<ElementOut<E>[]>>(element: E, options?: O) =>
  field<ElementOut<E>[], readonly ElementIn<E>[], O>(
    options,
    () => [],
    (version, flexible, nullable) => {
      const codec = isField(element)
        ? element.compile(version, flexible)
        : compileMessage(element as Fields, version, flexible);
      return arrayCodec(codec as Codec<ElementOut<E>>, flexible, nullable);
    },
  );

export const struct = <F extends object, const O extends FieldOptions<Message<F>>>(fields: F, options?: O) =>
  field<Message<F>, MessageInput<F>, O>(
    options,
    () => fallbackOf(fields as unknown as Fields) as Message<F>,
    (version, flexible, nullable) => {
      const codec = compileMessage(fields as unknown as Fields, version, flexible) as unknown as Codec<Message<F>>;
      if (!nullable) return codec as Codec<Message<F> | null>;
      return {
        read: (reader) => (reader.int8() < 0 ? null : codec.read(reader)),
        write(writer, value) {
          writer.int8(value === null ? -1 : 1);
          if (value !== null) codec.write(writer, value);
        },
      };
    },
  );

const fallbackOf = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, one.fallback()]));

interface Part {
  readonly name: string;
  readonly codec: Codec<unknown>;
  readonly fallback: () => unknown;
}

/** The codec of a message in one version. */
export const compileMessage = (fields: Fields, version: number, flexible: boolean): Codec<Record<string, unknown>> => {
  const parts: Part[] = [];
  const tagged = new Map<number, Part>();
  const absent: [string, () => unknown][] = [];
  for (const [name, one] of Object.entries(fields)) {
    const present = isIn(one.options, version);
    if (!present || one.options.tag !== undefined) absent.push([name, one.fallback]);
    if (!present) continue;
    const part = { name, codec: one.compile(version, flexible), fallback: one.fallback };
    if (one.options.tag === undefined) parts.push(part);
    else tagged.set(one.options.tag, part);
  }
  return {
    read(reader) {
      const message: Record<string, unknown> = {};
      for (const part of parts) message[part.name] = part.codec.read(reader);
      for (const [name, fallback] of absent) message[name] = fallback();
      if (flexible) readTagged(reader, tagged, message);
      return message;
    },
    write(writer, message) {
      for (const part of parts) {
        const value = message[part.name];
        part.codec.write(writer, value === undefined ? part.fallback() : value);
      }
      if (flexible) writeTagged(writer, tagged, message);
    },
  };
};

const readTagged = (reader: Reader, tagged: Map<number, Part>, message: Record<string, unknown>): void => {
  for (let count = reader.unsignedVarint(); count > 0; count--) {
    const part = tagged.get(reader.unsignedVarint());
    const end = reader.unsignedVarint() + reader.position;
    if (end > reader.buffer.length) throw new MalformedFrame('a tagged field is longer than its frame');
    if (part !== undefined) message[part.name] = part.codec.read(reader);
    if (reader.position > end) throw new MalformedFrame('a tagged field is longer than it says');
    reader.position = end;
  }
};

const writeTagged = (writer: Writer, tagged: Map<number, Part>, message: Record<string, unknown>): void => {
  const present = [...tagged].filter(([, part]) => message[part.name] !== undefined);
  writer.unsignedVarint(present.length);
  for (const [tag, part] of present) {
    const inner = new Writer(64);
    part.codec.write(inner, message[part.name]);
    writer.unsignedVarint(tag);
    writer.unsignedVarint(inner.length);
    for (const bytes of inner.finish()) writer.bytes(bytes);
  }
};
