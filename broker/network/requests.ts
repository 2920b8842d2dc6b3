/**
 * From a request's bytes to the API that serves it, and from its answer back to bytes. Request header versions 1 and 2,
 * response header versions 0 and 1: https://kafka.apache.org/protocol#protocol_messages
 */
import type { Api } from '../protocol/api.ts';
import { MalformedFrame, Reader } from '../protocol/reader.ts';
import { Writer } from '../protocol/writer.ts';

const API_VERSIONS = 18;

export interface Request {
  readonly api: Api;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string;
  readonly body: object;
}

export type Parsed =
  | ({ readonly kind: 'request' } & Request)
  /** ApiVersions in a version from the future: answered in version 0, so that the client can choose again. */
  | { readonly kind: 'newer client'; readonly api: Api; readonly correlationId: number }
  | { readonly kind: 'refused'; readonly reason: string };

export const parseRequest = (bytes: Buffer, apis: ReadonlyMap<number, Api>): Parsed => {
  try {
    return parse(new Reader(bytes), apis);
  } catch (error) {
    if (error instanceof MalformedFrame || error instanceof RangeError)
      return { kind: 'refused', reason: `a malformed request: ${error.message}` };
    throw error;
  }
};

const parse = (reader: Reader, apis: ReadonlyMap<number, Api>): Parsed => {
  const key = reader.int16();
  const version = reader.int16();
  const correlationId = reader.int32();
  const api = apis.get(key);
  if (api === undefined) return { kind: 'refused', reason: `a request for API ${key}, which is not served` };
  const [first, last] = api.versions;
  if (version < first || version > last) {
    if (key === API_VERSIONS) return { kind: 'newer client', api, correlationId };
    return { kind: 'refused', reason: `${api.name} version ${version}; served are ${first} to ${last}` };
  }
  const clientIdLength = reader.int16();
  const clientId = clientIdLength === -1 ? '' : reader.string(clientIdLength);
  if (version >= api.flexibleSince) reader.skipTaggedFields();
  const body = api.requestCodec(version).read(reader);
  return { kind: 'request', api, version, correlationId, clientId, body };
};

/** The bytes of an answer, size first. */
export const encodeResponse = (api: Api, version: number, correlationId: number, body: object): Buffer[] => {
  const writer = new Writer(1024);
  writer.int32(0);
  writer.int32(correlationId);
  // ApiVersions keeps the old header for ever: a client reads it before it knows what the broker speaks.
  if (version >= api.flexibleSince && api.key !== API_VERSIONS) writer.unsignedVarint(0);
  api.responseCodec(version).write(writer, body);
  writer.patchInt32(0, writer.length - 4);
  return writer.finish();
};
