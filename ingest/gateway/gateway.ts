/**
 * The HTTP gateway: events in, Kafka's acknowledgement out. docs/ARCHITECTURE.md holds the contract. The first line that is
 * wrong refuses the whole request, before anything of it is sent.
 */
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Failure, type Log, messageOf } from '../failure.ts';
import type { Publisher } from '../publisher/publisher.ts';
import type { SourceRecord } from '../publisher/port.ts';
import { eventRouter, type Router, topicRouter } from './contracts.ts';
import { checkCaller, checkSource, checkTopic, sourceOf } from './headers.ts';
import { checkSize, splitLines } from './lines.ts';
import { Refusal } from './refusal.ts';

export interface GatewayConfig {
  readonly host: string;
  readonly port: number;
  readonly publisher: Publisher;
  readonly log: Log;
  readonly now: () => number;
  readonly bodyBytesMax: number;
}

export interface Gateway {
  readonly url: string;
  /** Requests that were refused for one of their lines, by topic; where that is not known, under the empty name. */
  readonly rejected: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

export async function startGateway(config: GatewayConfig): Promise<Gateway> {
  const server = fastify({ bodyLimit: config.bodyBytesMax, forceCloseConnections: 'idle', keepAliveTimeout: 60_000 });
  const rejected = new Map<string, number>();
  let port = config.port;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.addHook('onRequest', async (request) => checkCaller(request.headers, port));
  server.setErrorHandler((error, _request, reply) => answerError(error, reply, config.log));
  server.setNotFoundHandler((request, reply) => {
    const known = 'POST /v1/events, POST /v1/topics/<topic>, GET /v1/sources/<name> and GET /healthz';
    const refusal = new Refusal(
      404,
      'NOT_FOUND',
      `There is no ${request.method} ${request.url}.`,
      `There are ${known}.`,
    );
    return reply.code(404).send(refusal.body());
  });
  addRoutes(server, config, rejected);
  await listen(server, config);
  const address = server.server.address();
  port = typeof address === 'object' && address !== null ? address.port : port;
  return { url: `http://${config.host}:${port}`, rejected, stop: () => server.close() };
}

async function listen(server: FastifyInstance, { host, port }: GatewayConfig): Promise<void> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const hint = 'Stop what uses it, or choose another port for the gateway.';
    throw new Failure('PORT_IN_USE', `Port ${port} on ${host} is taken by another program.`, hint, error);
  }
}

function addRoutes(server: FastifyInstance, config: GatewayConfig, rejected: Map<string, number>): void {
  const { publisher } = config;
  const events = eventRouter();
  const refusedIn =
    (fallback: string): Refused =>
    ({ topic = fallback }) =>
      void rejected.set(topic, (rejected.get(topic) ?? 0) + 1);
  server.get('/healthz', () => ({ ok: true, kafka: publisher.kafka.state }));
  server.get<{ Params: { name: string } }>('/v1/sources/:name', async ({ params }) => {
    return { nextSequence: await publisher.nextSequence(checkSource(params.name)) };
  });
  server.post('/v1/events', (request) => take(request, events, config, refusedIn('')));
  server.post<{ Params: { topic: string } }>('/v1/topics/:topic', (request) => {
    const topic = checkTopic(request.params.topic);
    const keyField = request.headers['tiffin-key-field'];
    const router = topicRouter(topic, typeof keyField === 'string' ? keyField : undefined);
    return take(request, router, config, refusedIn(topic));
  });
}

/** Counts a request that was refused for one of its lines. */
type Refused = (refusal: Refusal) => void;

async function take(
  request: FastifyRequest,
  router: Router,
  { publisher, now }: GatewayConfig,
  refused: Refused,
): Promise<object> {
  const { source, firstSequence } = sourceOf(request.headers);
  const lines = splitLines(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
  if (lines.length === 0)
    throw new Refusal(
      400,
      'NO_EVENTS',
      'The body has no lines.',
      'Send one JSON object on each line (curl: --data-binary).',
    );
  const records = toRecords(lines, firstSequence, router, refused);
  const nextSequence = firstSequence + records.length;
  const outcome = await publisher.publish({ source, timestampMs: now(), firstSequence, nextSequence, records });
  if (outcome.kind === 'gap') throw gap(source, firstSequence, outcome.nextSequence);
  const { kind: _, ...answer } = outcome;
  return source === null ? { accepted: answer.accepted, duplicates: 0 } : answer;
}

function toRecords(lines: readonly Buffer[], firstSequence: number, router: Router, refused: Refused): SourceRecord[] {
  try {
    return lines.map((value, index) => {
      const { topic, key } = router(value, index + 1);
      checkSize(value.length + (key?.length ?? 0), index + 1);
      return { sequence: firstSequence + index, topic, key, value };
    });
  } catch (error) {
    if (error instanceof Refusal) refused(error);
    throw error;
  }
}

function gap(source: string | null, firstSequence: number, nextSequence: number): Refusal {
  return new Refusal(
    409,
    'SEQUENCE_GAP',
    `The source ${source} sent sequence ${firstSequence}, but ${nextSequence} is the first that is not in Kafka.`,
    'Send from nextSequence on.',
    { nextSequence },
  );
}

function answerError(error: unknown, reply: FastifyReply, log: Log): FastifyReply {
  const refusal = toRefusal(error);
  if (refusal.status === 500) log('error', `The gateway failed: ${messageOf(error)}`, { error });
  if (refusal.status === 503) reply.header('retry-after', '1');
  return reply.code(refusal.status).send(refusal.body());
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Failure) return new Refusal(503, error.code, error.message, error.hint);
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new Refusal(413, 'BODY_TOO_LARGE', 'The body is too large.', 'Send it in several requests of up to 8 MB.');
  if (statusCode !== undefined && statusCode < 500)
    return new Refusal(statusCode, 'BAD_REQUEST', messageOf(error), 'See docs/ARCHITECTURE.md, HTTP gateway.');
  return new Refusal(500, 'INTERNAL', 'The gateway failed; its log says why.', 'Send the same again.');
}
