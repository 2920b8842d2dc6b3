/**
 * What makes up one API: its table of fields per version, what it does, and how it refuses. Each is one file in
 * `broker/apis/`. The types of `handle` derive from the table.
 */
import { ErrorCode } from '../errors.ts';
import type { Context } from '../context.ts';
import { compileMessage, type Codec, type Fields, type Message, type MessageInput } from './fields.ts';

/** undefined: the client wants no answer (a produce request with acks=0). */
export type Answer<S> = MessageInput<S> | undefined | Promise<MessageInput<S> | undefined>;

export interface ApiTable<Q, S> {
  readonly key: number;
  readonly name: string;
  /** The first and the last version that are served. */
  readonly versions: readonly [number, number];
  /** From this version on: compact lengths and tagged fields. */
  readonly flexibleSince: number;
  readonly request: Q;
  readonly response: S;
  handle(request: Message<Q>, context: Context): Answer<S>;
  /** What a client is told when the disk refused; KAFKA_STORAGE_ERROR if nothing is said. It must be one that it retries. */
  readonly diskRefused?: number;
  /** The answer that reports `errorCode` for all that was asked: for faults on demand and failures nobody expected. */
  refuse(request: Message<Q>, errorCode: number): MessageInput<S>;
}

/** An API whose types have been forgotten: what a connection works with. */
export interface Api {
  readonly key: number;
  readonly name: string;
  readonly versions: readonly [number, number];
  readonly flexibleSince: number;
  requestCodec(version: number): Codec<object>;
  responseCodec(version: number): Codec<object>;
  handle(request: object, context: Context): object | undefined | Promise<object | undefined>;
  readonly diskRefused: number;
  refuse(request: object, errorCode: number): object;
}

const compiled = (fields: Fields, flexibleSince: number): ((version: number) => Codec<object>) => {
  const codecs: Codec<object>[] = [];
  return (version) =>
    (codecs[version] ??= compileMessage(fields, version, version >= flexibleSince) as unknown as Codec<object>);
};

export const defineApi = <const Q extends object, const S extends object>(table: ApiTable<Q, S>): Api => ({
  key: table.key,
  name: table.name,
  versions: table.versions,
  flexibleSince: table.flexibleSince,
  requestCodec: compiled(table.request as unknown as Fields, table.flexibleSince),
  responseCodec: compiled(table.response as unknown as Fields, table.flexibleSince),
  handle: (request, context) => table.handle(request as Message<Q>, context),
  diskRefused: table.diskRefused ?? ErrorCode.KAFKA_STORAGE_ERROR,
  refuse: (request, errorCode) => table.refuse(request as Message<Q>, errorCode),
});
