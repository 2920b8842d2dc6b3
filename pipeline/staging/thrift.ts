/**
 * The part of Thrift's compact protocol that Parquet's metadata needs, for writing.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

export type ThriftValue =
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'i32' | 'i64'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'list'; readonly items: readonly ThriftValue[] }
  | { readonly type: 'struct'; readonly fields: readonly (readonly [id: number, value: ThriftValue])[] };

const typeCodes = { i32: 5, i64: 6, string: 8, list: 9, struct: 12 } as const;

export const i32 = (value: number): ThriftValue => ({ type: 'i32', value });
export const i64 = (value: number): ThriftValue => ({ type: 'i64', value });
export const bool = (value: boolean): ThriftValue => ({ type: 'bool', value });
export const text = (value: string): ThriftValue => ({ type: 'string', value });
export const list = (...items: ThriftValue[]): ThriftValue => ({ type: 'list', items });
export const struct = (...fields: (readonly [id: number, value: ThriftValue])[]): ThriftValue => ({
  type: 'struct',
  fields,
});

export const encodeThrift = (value: ThriftValue): Buffer => {
  const bytes: number[] = [];
  write(bytes, value);
  return Buffer.from(bytes);
};

/** Unsigned LEB128, for values up to 2^53. */
export const pushVarint = (bytes: number[], value: number): void => {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
};

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

const codeOf = (value: ThriftValue): number => (value.type === 'bool' ? (value.value ? 1 : 2) : typeCodes[value.type]);

const write = (bytes: number[], value: ThriftValue): void => {
  if (value.type === 'i32' || value.type === 'i64') pushVarint(bytes, zigzag(value.value));
  else if (value.type === 'string') writeString(bytes, value.value);
  else if (value.type === 'list') writeList(bytes, value.items);
  else if (value.type === 'struct') writeStruct(bytes, value.fields);
};

const writeString = (bytes: number[], value: string): void => {
  const utf8 = Buffer.from(value);
  pushVarint(bytes, utf8.length);
  bytes.push(...utf8);
};

const writeList = (bytes: number[], items: readonly ThriftValue[]): void => {
  const code = items[0] === undefined ? typeCodes.i32 : codeOf(items[0]);
  if (items.length < 15) bytes.push((items.length << 4) | code);
  else {
    bytes.push(0xf0 | code);
    pushVarint(bytes, items.length);
  }
  for (const item of items) write(bytes, item);
};

const writeStruct = (bytes: number[], fields: readonly (readonly [id: number, value: ThriftValue])[]): void => {
  let last = 0;
  for (const [id, value] of fields) {
    bytes.push(((id - last) << 4) | codeOf(value));
    last = id;
    write(bytes, value);
  }
  bytes.push(0);
};
