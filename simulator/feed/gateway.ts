/**
 * The HTTP gateway as a source sees it (docs/ARCHITECTURE.md): posts numbered lines until they are acknowledged.
 *
 * What may pass by itself (nobody listening, a dropped connection, 503, another 5xx) is tried again for ever, with back-off.
 * A repeated POST is harmless: the gateway drops the lines that it has. What can only be a bug or a broken contract (400) is
 * an answer, and not tried again.
 */
import { Agent, request } from 'node:http';
import { messageOf, SimulatorError } from '../failure.ts';
import type { Log } from '../failure.ts';
import type { Sleep } from './sleep.ts';

export interface GatewayOptions {
  url: string;
  /** The name under which this source's sequence is kept. */
  source: string;
  /** `/v1/events` or `/v1/topics/<topic>`. */
  path: string;
  keyField?: string;
  signal: AbortSignal;
  sleep: Sleep;
  log: Log;
}

export interface Lines {
  firstSequence: number;
  count: number;
  body: Buffer;
}

/** `stopped`: we were told to stop before an answer came. `gap`: Kafka has lost what it had: ask where to go on from. */
export type Answer<T> =
  | { kind: 'ok'; value: T }
  | { kind: 'stopped' }
  | { kind: 'gap' }
  | { kind: 'failed'; error: SimulatorError };

export interface Gateway {
  /** Everything below it is in Kafka. */
  nextSequence(): Promise<Answer<number>>;
  post(lines: Lines): Promise<Answer<number>>;
  /** Why we are waiting, if we are. */
  trouble(): string | undefined;
  retries(): number;
  close(): void;
}

const firstBackoffMs = 50;
const backoffMsMax = 2000;
const answerTimeoutMs = 30_000;
/** How long an answer may still take once we are told to stop. */
const stopGraceMs = 3000;

interface Reply {
  status: number;
  text: string;
  retryAfterMs: number;
}

export function connectGateway(options: GatewayOptions): Gateway {
  const { source, signal, log } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let trouble: string | undefined;
  let retries = 0;

  const attempt = async (send: () => Promise<Reply>): Promise<Answer<number> | { kind: 'again'; afterMs: number }> => {
    try {
      const reply = await send();
      if (reply.status === 200) return { kind: 'ok', value: nextSequenceOf(reply.text) };
      if (reply.status === 409) return { kind: 'gap' };
      if (reply.status < 500) return { kind: 'failed', error: refusal(reply, options) };
      return again(`the gateway answers ${reply.status}`, reply.retryAfterMs);
    } catch (error) {
      if (error instanceof SimulatorError) return { kind: 'failed', error };
      return again(messageOf(error), 0);
    }
  };
  const again = (why: string, afterMs: number): { kind: 'again'; afterMs: number } => {
    if (trouble === undefined && !signal.aborted) log('warn', `${source} waits for the gateway: ${why}`);
    trouble = why;
    retries++;
    return { kind: 'again', afterMs };
  };
  const insist = async (send: () => Promise<Reply>): Promise<Answer<number>> => {
    for (let backoffMs = firstBackoffMs; !signal.aborted; backoffMs = Math.min(backoffMs * 2, backoffMsMax)) {
      const outcome = await attempt(send);
      if (outcome.kind !== 'again') {
        if (trouble !== undefined) log('info', `${source} reaches the gateway again`);
        trouble = undefined;
        return outcome;
      }
      await options.sleep(Math.max(backoffMs, Math.min(outcome.afterMs, backoffMsMax)), signal);
    }
    return { kind: 'stopped' };
  };

  return {
    nextSequence: () => insist(() => exchange(options, agent, 'GET', `/v1/sources/${encodeURIComponent(source)}`)),
    post: (lines) => insist(() => exchange(options, agent, 'POST', options.path, lines)),
    trouble: () => trouble,
    retries: () => retries,
    close: () => agent.destroy(),
  };
}

function exchange(options: GatewayOptions, agent: Agent, method: string, path: string, lines?: Lines): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const url = new URL(path, options.url);
  const outgoing = request(url, { agent, method, timeout: answerTimeoutMs, headers: headersOf(options, lines) });
  outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${answerTimeoutMs / 1000} s`)));
  outgoing.on('error', reject);
  outgoing.on('response', (response) => {
    const parts: Buffer[] = [];
    response.on('data', (part: Buffer) => parts.push(part));
    response.on('error', reject);
    response.on('end', () => {
      const retryAfterMs = Number(response.headers['retry-after'] ?? 0) * 1000 || 0;
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString(), retryAfterMs });
    });
  });
  const giveUp = (): void => void setTimeout(() => outgoing.destroy(new Error('stopped')), stopGraceMs).unref();
  options.signal.addEventListener('abort', giveUp, { once: true });
  outgoing.on('close', () => options.signal.removeEventListener('abort', giveUp));
  outgoing.end(lines?.body);
  return promise;
}

function headersOf({ source, keyField }: GatewayOptions, lines: Lines | undefined): Record<string, string> {
  if (lines === undefined) return {};
  return {
    'content-type': 'application/x-ndjson',
    'content-length': String(lines.body.length),
    'tiffin-source': source,
    'tiffin-first-sequence': String(lines.firstSequence),
    ...(keyField === undefined ? {} : { 'tiffin-key-field': keyField }),
  };
}

function nextSequenceOf(text: string): number {
  const { nextSequence } = JSON.parse(text) as { nextSequence?: unknown };
  if (typeof nextSequence === 'number' && Number.isSafeInteger(nextSequence) && nextSequence >= 0) return nextSequence;
  throw new SimulatorError(
    'GATEWAY_ANSWER_UNKNOWN',
    `The gateway's answer has no nextSequence: ${text.slice(0, 200)}`,
    'Check that the address is that of a Tiffin gateway of the same version.',
  );
}

function refusal({ status, text }: Reply, { source, url }: GatewayOptions): SimulatorError {
  const { message, hint, code, line } = problemOf(text);
  const where = line === undefined ? '' : ` (line ${line} of the request)`;
  return new SimulatorError(
    code ?? 'GATEWAY_REFUSED',
    `The gateway at ${url} refuses events of ${source} with status ${status}${where}: ${message ?? text.slice(0, 200)}`,
    hint ?? 'The events break their contract, or this is not a Tiffin gateway; nothing of the request was stored.',
  );
}

interface GatewayProblem {
  code?: string;
  message?: string;
  hint?: string;
  line?: number;
}

function problemOf(text: string): GatewayProblem {
  try {
    return (JSON.parse(text) as { error?: GatewayProblem }).error ?? {};
  } catch {
    return {}; // not JSON: the text itself is shown
  }
}
