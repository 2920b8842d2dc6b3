/** The headers of a POST as values, and what may be in them. */
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from './refusal.ts';

export interface SourceHeaders {
  readonly source: string | null;
  readonly firstSequence: number;
}

const sourceName = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,119}$/;
const topicName = /^[A-Za-z0-9._-]{1,249}$/;
/** Sources that are not the gateway's callers'. */
const reservedSources: ReadonlySet<string> = new Set(['cdc']);

export function sourceOf(headers: IncomingHttpHeaders): SourceHeaders {
  const source = headers['tiffin-source'];
  const first = headers['tiffin-first-sequence'];
  if (source === undefined && first === undefined) return { source: null, firstSequence: 0 };
  if (typeof source !== 'string' || typeof first !== 'string')
    throw new Refusal(
      400,
      'SOURCE_INCOMPLETE',
      `The header ${source === undefined ? 'tiffin-source' : 'tiffin-first-sequence'} is missing.`,
      'Send both headers for exactly-once, or none of them.',
    );
  const firstSequence = /^\d{1,15}$/.test(first) ? Number(first) : -1;
  if (firstSequence < 0)
    throw new Refusal(
      400,
      'SEQUENCE_NOT_VALID',
      `tiffin-first-sequence is ${JSON.stringify(first)}, which is no whole number from 0 up.`,
      'Send the sequence of the first line; a source begins at 0.',
    );
  return { source: checkSource(source), firstSequence };
}

export function checkSource(source: string): string {
  if (sourceName.test(source) && !reservedSources.has(source)) return source;
  throw new Refusal(
    400,
    'SOURCE_NOT_VALID',
    `${JSON.stringify(source)} cannot be the name of a source.`,
    "Use up to 120 letters, digits, '.', '_', ':' and '-', and a letter or digit first; 'cdc' is taken.",
  );
}

export function checkTopic(topic: string): string {
  const reserved = topic.startsWith('__') || topic.startsWith('cdc.');
  if (topicName.test(topic) && topic !== '.' && topic !== '..' && !reserved) return topic;
  throw new Refusal(
    400,
    'TOPIC_NOT_VALID',
    `${JSON.stringify(topic)} cannot be posted to.`,
    "A topic has up to 249 letters, digits, '.', '_' and '-'; names that begin with '__' or 'cdc.' are taken.",
  );
}

/** Only what names this very server may talk to it: no page of another site that found the port (DNS rebinding, forms). */
export function checkCaller(headers: IncomingHttpHeaders, port: number): void {
  const own = ['127.0.0.1', 'localhost', '[::1]'].map((host) => `${host}:${port}`);
  if (!own.includes(headers.host ?? ''))
    throw new Refusal(403, 'HOST_NOT_ALLOWED', 'The Host header does not name this gateway.', `Use http://${own[0]}.`);
  const origin = headers.origin;
  if (origin !== undefined && !own.some((host) => origin === `http://${host}`))
    throw new Refusal(
      403,
      'ORIGIN_NOT_ALLOWED',
      'Web pages may not post here.',
      'Post from a program on this machine.',
    );
}
