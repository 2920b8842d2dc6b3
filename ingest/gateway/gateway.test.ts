import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { partitionOfKey } from '../kafka/murmur2.ts';
import { type Checkpoint, openCheckpoint } from '../publisher/checkpoint.ts';
import { FakeKafka } from '../publisher/fakeKafka.ts';
import { Publisher } from '../publisher/publisher.ts';
import { type Gateway, startGateway } from './gateway.ts';

const event = {
  event_id: '0a1b2c3d-00007-00042-01',
  type: 'order.accepted',
  event_time: '2026-01-05T06:30:00.000Z',
  order_id: '0a1b2c3d-00007-00042',
  city: 'INDO',
  customer_id: 'INDO-C00001',
  restaurant_id: 'INDO-R001',
  promised_prep_minutes: 12,
};
const line = JSON.stringify(event);

let dir: string;
let kafka: FakeKafka;
let checkpoint: Checkpoint;
let publisher: Publisher;
let gateway: Gateway;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tiffin-gateway-'));
  kafka = new FakeKafka();
  checkpoint = openCheckpoint(join(dir, 'ingest.db'));
  const quiet = { log: () => undefined, now: Date.now };
  publisher = new Publisher({
    port: kafka.port(),
    checkpoint,
    ...quiet,
    partitions: 3,
    patienceMs: 30,
    settleMs: 0,
    retryMs: 1,
  });
  gateway = await startGateway({ host: '127.0.0.1', port: 0, publisher, ...quiet, bodyBytesMax: 100_000 });
});

afterEach(async () => {
  await Promise.all([gateway.stop(), publisher.stop()]);
  checkpoint.close();
  rmSync(dir, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown> & { error?: { code: string; message: string; hint: string; line?: number } };
}

async function post(path: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    headers,
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Answer['body'] };
}

async function get(path: string): Promise<Answer> {
  const answer = await fetch(`${gateway.url}${path}`);
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Answer['body'] };
}

function from(source: string, first: number): Record<string, string> {
  return { 'tiffin-source': source, 'tiffin-first-sequence': String(first) };
}

function stored(topic: string): string[] {
  return [0, 1, 2].flatMap((partition) => kafka.records(topic, partition)).map(({ value }) => value);
}

describe('POST /v1/events', () => {
  test('puts an event on the topic of its type, at the partition of its key, byte for byte', async () => {
    const odd = ` ${line.replace('"INDO"', '"I\\u004eDO"')}  `;
    const { status, body } = await post('/v1/events', `${odd}\n`, from('city', 0));
    expect([status, body]).toEqual([200, { accepted: 1, duplicates: 0, nextSequence: 1 }]);
    const partition = partitionOfKey(Buffer.from(event.order_id), 3);
    expect(kafka.records('order.accepted', partition)).toEqual([{ source: 'city', sequence: 0, value: odd }]);
  });

  test('takes lines that end with CRLF, and a last line that does not end', async () => {
    await post('/v1/events', `${line}\r\n${line}`);
    expect(stored('order.accepted')).toEqual([line, line]);
  });

  test('recognises what it has when requests overlap', async () => {
    await post('/v1/events', `${line}\n${line}\n`, from('city', 0));
    const { body } = await post('/v1/events', `${line}\n${line}\n${line}\n`, from('city', 1));
    expect(body).toEqual({ accepted: 2, duplicates: 1, nextSequence: 4 });
    expect((await get('/v1/sources/city')).body).toEqual({ nextSequence: 4 });
    expect(stored('order.accepted')).toHaveLength(4);
  });

  test('appends whatever comes without headers, as curl sends it', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post('/v1/events', line, headers)).body).toEqual({ accepted: 1, duplicates: 0 });
    expect((await post('/v1/events', line, headers)).body).toEqual({ accepted: 1, duplicates: 0 });
    expect(stored('order.accepted')).toHaveLength(2);
  });

  test.each([
    ['no JSON', `${line}\n{"type":`, 'NOT_JSON', 2],
    ['an empty line', `${line}\n\n${line}`, 'NOT_JSON', 2],
    ['no object', `[${line}]`, 'NOT_AN_OBJECT', 1],
    ['an unknown type', `${line}\n${line}\n{"type":"order.eaten"}`, 'UNKNOWN_EVENT_TYPE', 3],
    ['no type', '{}', 'UNKNOWN_EVENT_TYPE', 1],
    ['a field of the wrong type', line.replace('12}', '"12"}'), 'CONTRACT_BROKEN', 1],
    ['a missing field', JSON.stringify({ ...event, city: undefined }), 'CONTRACT_BROKEN', 1],
    ['no lines', '', 'NO_EVENTS', undefined],
  ])('refuses %s with the line, and takes nothing of the request', async (_, body, code, at) => {
    const answer = await post('/v1/events', body, from('city', 0));
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code, ...(at === undefined ? {} : { line: at }) });
    expect(answer.body.error!.hint).not.toBe('');
    expect((await get('/v1/sources/city')).body).toEqual({ nextSequence: 0 });
    expect(stored('order.accepted')).toEqual([]);
  });

  test('names the known types when it meets an unknown one', async () => {
    const { body } = await post('/v1/events', '{"type":"order.eaten"}');
    expect(body.error!.hint).toContain('order.placed, order.accepted');
  });

  test('counts refused requests by topic', async () => {
    await post('/v1/events', '{}');
    await post('/v1/events', line.replace('12}', '"12"}'));
    await post('/v1/topics/mine', 'x');
    expect(Object.fromEntries(gateway.rejected)).toEqual({ '': 1, 'order.accepted': 1, mine: 1 });
  });

  test('says where to go on when a source has left something out', async () => {
    await post('/v1/events', line, from('city', 0));
    const answer = await post('/v1/events', line, from('city', 5));
    expect([answer.status, answer.body.error!.code, answer.body['nextSequence']]).toEqual([409, 'SEQUENCE_GAP', 1]);
  });

  test.each([
    [{ 'tiffin-source': 'city' }, 'SOURCE_INCOMPLETE'],
    [{ 'tiffin-first-sequence': '1' }, 'SOURCE_INCOMPLETE'],
    [from('city', -1), 'SEQUENCE_NOT_VALID'],
    [from('cdc', 0), 'SOURCE_NOT_VALID'],
    [from('a/b', 0), 'SOURCE_NOT_VALID'],
  ])('refuses the headers %j', async (headers, code) => {
    const answer = await post('/v1/events', line, headers);
    expect([answer.status, answer.body.error!.code]).toEqual([400, code]);
  });

  test('refuses a body that is too large', async () => {
    const answer = await post('/v1/events', Buffer.alloc(200_000, 'x'));
    expect([answer.status, answer.body.error!.code]).toEqual([413, 'BODY_TOO_LARGE']);
  });

  test('says 503 and when to come again while Kafka is away, and takes the same later, once', async () => {
    kafka.faults.push(...Array.from({ length: 100 }, () => 'request lost' as const));
    const away = await post('/v1/events', line, from('city', 0));
    expect([away.status, away.body.error!.code, away.headers.get('retry-after')]).toEqual([503, 'KAFKA_AWAY', '1']);
    kafka.faults.length = 0;
    expect((await post('/v1/events', line, from('city', 0))).body).toMatchObject({ nextSequence: 1 });
    expect(stored('order.accepted')).toEqual([line]);
  });

  test('keeps the order of requests of one source that come at once', async () => {
    const bodies = Array.from({ length: 20 }, (_, index) => `${line.replace('12}', `${index + 1}}`)}\n`);
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    await once(socket, 'connect');
    const host = new URL(gateway.url).host;
    for (const [index, body] of bodies.entries()) {
      const head = `POST /v1/events HTTP/1.1\r\nhost: ${host}\r\ntiffin-source: city\r\ntiffin-first-sequence: ${index}\r\n`;
      socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`);
    }
    while (stored('order.accepted').length < 20) await new Promise((resolve) => setTimeout(resolve, 5));
    socket.destroy();
    expect(stored('order.accepted').map((value) => `${value}\n`)).toEqual(bodies);
  });
});

describe('POST /v1/topics/<topic>', () => {
  test('takes any JSON object, with the key that the caller names', async () => {
    const body = '{"id":7,"x":[]}\n{"id":"b"}\n{"none":true}\n';
    const { status } = await post('/v1/topics/replay.deliveries', body, {
      ...from('file', 0),
      'tiffin-key-field': 'id',
    });
    expect(status).toBe(200);
    expect(stored('replay.deliveries').toSorted()).toEqual(body.trim().split('\n').toSorted());
    const ofSeven = kafka.records('replay.deliveries', partitionOfKey(Buffer.from('7'), 3));
    expect(ofSeven.map(({ sequence }) => sequence)).toContain(0);
  });

  test('keeps bytes that are no UTF-8', async () => {
    const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    expect((await post('/v1/topics/raw', body)).status).toBe(200);
    expect(stored('raw')).toEqual([body.toString()]);
  });

  test.each(['cdc.shop.orders', '__consumer_offsets', 'a%20b', 'a%2Fb', '..%2fx'])(
    'refuses the topic %s',
    async (topic) => {
      const answer = await post(`/v1/topics/${topic}`, '{}');
      expect([answer.status, answer.body.error!.code]).toEqual([400, 'TOPIC_NOT_VALID']);
    },
  );
});

describe('the gateway', () => {
  test('says how it is, and that there is no such page', async () => {
    await post('/v1/events', line);
    expect((await get('/healthz')).body).toEqual({ ok: true, kafka: 'connected' });
    const missing = await get('/v2/events');
    expect([missing.status, missing.body.error!.code]).toEqual([404, 'NOT_FOUND']);
  });

  test.each([
    ['another host', { host: 'evil.example' }, 'HOST_NOT_ALLOWED'],
    ['another port', { host: '127.0.0.1:1' }, 'HOST_NOT_ALLOWED'],
    ['a page of another site', { origin: 'https://evil.example' }, 'ORIGIN_NOT_ALLOWED'],
    ['a page without an origin', { origin: 'null' }, 'ORIGIN_NOT_ALLOWED'],
  ])('does not talk to %s', async (_, headers, code) => {
    const outgoing = request(`${gateway.url}/v1/events`, { method: 'POST', headers });
    outgoing.end(line);
    const [answer] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
    const body = Buffer.concat(await answer.toArray()).toString();
    expect([answer.statusCode, (JSON.parse(body) as Answer['body']).error!.code]).toEqual([403, code]);
    expect(stored('order.accepted')).toEqual([]);
  });

  test.each(['localhost', '[::1]'])('answers to the name %s', async (name) => {
    const host = `${name}:${new URL(gateway.url).port}`;
    const outgoing = request(`${gateway.url}/healthz`, { headers: { host } });
    outgoing.end();
    const [answer] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(200);
  });

  test('says so when its port is taken', async () => {
    const port = Number(new URL(gateway.url).port);
    const second = startGateway({
      host: '127.0.0.1',
      port,
      publisher,
      log: () => undefined,
      now: Date.now,
      bodyBytesMax: 1,
    });
    await expect(second).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  });
});
