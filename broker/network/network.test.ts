/** The port under bad input, faults on demand, many connections, slow readers, TLS and SASL. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { afterEach, describe, expect, test } from 'vitest';
import { apis } from '../apis/index.ts';
import type { BrokerConfig } from '../config.ts';
import { startTestBroker, tempDir, type TestBroker } from '../testing.ts';
import { makeFrames, randomFrom } from './fuzz.ts';
import { frame, rawClient } from './raw-client.ts';

const started: TestBroker[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.end();
});
const start = async (config: Partial<BrokerConfig> = {}): Promise<TestBroker> => {
  const one = await startTestBroker(config);
  started.push(one);
  return one;
};

const API_VERSIONS = frame(18, 0, Buffer.alloc(0));

describe('bad input', () => {
  test('an HTTP request is answered as such, and the log says so', async () => {
    const { broker, logged } = await start();
    const response = await fetch(`http://127.0.0.1:${broker.port}/`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Kafka');
    expect(logged.map((one) => one.message).join()).toContain('HTTP');
  });

  test.each([
    ['a request that is too large', Buffer.from([0x7f, 0xff, 0xff, 0xff]), /larger than/],
    ['a TLS greeting', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]), /TLS/],
    ['a request of an unknown API', frame(999, 0, Buffer.alloc(0)), /API 999/],
    ['a version that is not served', frame(1, 99, Buffer.alloc(0)), /Fetch version 99/],
    ['a request that ends too early', frame(3, 1, Buffer.from([0, 0])), /malformed/],
  ])('%s is refused with a sentence, and the connection closed', async (_what, bytes, sentence) => {
    const { broker, logged } = await start();
    const client = await rawClient(broker.port);
    client.send(bytes);
    expect(await client.answer()).toBeUndefined();
    const complaint = logged.find((one) => one.level === 'warn');
    expect(complaint?.message).toMatch(sentence);
    expect(complaint?.fields).toMatchObject({ hint: expect.stringMatching(/.\.$/) });
  });

  test('a client that is too new learns which versions there are', async () => {
    const { broker } = await start();
    const client = await rawClient(broker.port);
    client.send(frame(18, 50, Buffer.alloc(0), 77));
    const answer = await client.answer();
    expect([answer?.readInt32BE(0), answer?.readInt16BE(4)]).toEqual([77, 35]);
    client.socket.destroy();
  });

  test('requests in any pieces are put together', async () => {
    const { broker } = await start();
    const client = await rawClient(broker.port);
    const both = Buffer.concat([API_VERSIONS, API_VERSIONS]);
    for (const byte of both) client.send(Buffer.from([byte]));
    expect((await client.answer())?.readInt16BE(4)).toBe(0);
    expect((await client.answer())?.readInt16BE(4)).toBe(0);
    client.socket.destroy();
  });

  test('malformed requests are answered or their connection closed, and the broker goes on', async () => {
    const { broker } = await start({ autoCreateTopics: false });
    const next = makeFrames([...apis.values()], randomFrom(1));
    for (let sent = 0; sent < 60; sent++) {
      const client = await rawClient(broker.port);
      for (let count = 0; count < 50; count++) client.send(next());
      client.socket.end();
      await client.closed;
    }
    const client = await rawClient(broker.port);
    client.send(API_VERSIONS);
    expect((await client.answer())?.readInt16BE(4)).toBe(0);
    client.socket.destroy();
  });
});

describe('connections', () => {
  test('a thousand idle connections do not disturb others, and go when the broker stops', async () => {
    const { broker } = await start();
    const idle = await Promise.all(Array.from({ length: 1000 }, () => rawClient(broker.port)));
    const client = await rawClient(broker.port);
    client.send(API_VERSIONS);
    expect((await client.answer())?.readInt16BE(4)).toBe(0);
    expect(broker.metrics().connections).toBe(1001);
    await broker.stop();
    await Promise.all(idle.map((one) => one.closed));
  });

  test('a client that does not read its answers is not served further, and nobody else waits', async () => {
    const { broker } = await start();
    const stuck = await rawClient(broker.port);
    stuck.socket.pause();
    const many = Buffer.concat(Array.from({ length: 20_000 }, () => API_VERSIONS));
    for (let count = 0; count < 5; count++) stuck.send(many);
    const client = await rawClient(broker.port);
    client.send(API_VERSIONS);
    expect((await client.answer())?.readInt16BE(4)).toBe(0);
    expect(broker.metrics().requests).toBeLessThan(100_000);
    stuck.socket.destroy();
    client.socket.destroy();
  });

  test('a port in use is an error with a way out', async () => {
    const { broker } = await start();
    const dataDir = tempDir();
    const second = startTestBroker({ port: broker.port, dataDir });
    await expect(second).rejects.toMatchObject({ code: 'PORT_IN_USE', hint: expect.stringContaining('port') });
  });
});

const kafkaOf = (port: number, more: { ssl?: { ca: string }; sasl?: SASLOptions } = {}): Kafka =>
  new Kafka({
    brokers: [`127.0.0.1:${port}`],
    clientId: 'victim',
    logLevel: logLevel.NOTHING,
    retry: { retries: 2 },
    ...more,
  });

const topics = async (kafka: Kafka): Promise<string[]> => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
};

describe('faults on demand', () => {
  test('an error code strikes the API, the topic and the client that it is meant for', async () => {
    const { broker } = await start();
    const kafka = kafkaOf(broker.port);
    broker.faults.set({
      id: 'f',
      api: 'Produce',
      topic: 'hit',
      clientId: 'victim',
      effect: { kind: 'error', errorCode: 87 },
    });
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: 'spared', messages: [{ value: 'a' }] });
    await expect(producer.send({ topic: 'hit', messages: [{ value: 'a' }] })).rejects.toThrow();
    expect(broker.faults.list()[0]?.struck).toBeGreaterThan(0);
    broker.faults.clear();
    await producer.send({ topic: 'hit', messages: [{ value: 'a' }] });
    await producer.disconnect();
  });

  test('a disconnect, a drop and a delay come as asked, and with the probability that was asked', async () => {
    const { broker } = await start();
    broker.faults.set({ id: 'f', api: 'ApiVersions', probability: 0, effect: { kind: 'disconnect' } });
    const client = await rawClient(broker.port);
    client.send(API_VERSIONS);
    expect((await client.answer())?.readInt16BE(4)).toBe(0);
    broker.faults.set({ id: 'f', api: 'ApiVersions', effect: { kind: 'drop' } });
    client.send(API_VERSIONS);
    client.send(frame(18, 99, Buffer.alloc(0), 5));
    expect((await client.answer())?.readInt32BE(0)).toBe(5);
    broker.faults.set({ id: 'f', effect: { kind: 'delay', delayMs: 30 } });
    client.send(frame(18, 0, Buffer.alloc(0), 6));
    expect((await client.answer())?.readInt32BE(0)).toBe(6);
    broker.faults.set({ id: 'f', effect: { kind: 'disconnect' } });
    client.send(API_VERSIONS);
    expect(await client.answer()).toBeUndefined();
  });
});

describe('security', () => {
  const users = [{ name: 'ann', password: 'secret, with =signs' }];

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
    '%s lets in who has the password only',
    async (mechanism) => {
      const { broker } = await start({ sasl: { users } });
      const login = (password: string) =>
        topics(kafkaOf(broker.port, { sasl: { mechanism, username: 'ann', password } as SASLOptions }));
      expect(await login(users[0]!.password)).toEqual([]);
      await expect(login('wrong')).rejects.toThrow();
      await expect(topics(kafkaOf(broker.port))).rejects.toThrow();
    },
  );

  test('the oldest exchange, whose messages come without requests around them, is understood', async () => {
    const { broker } = await start({ sasl: { users } });
    const client = await rawClient(broker.port);
    client.send(frame(17, 0, Buffer.from('\u0000\u0005PLAIN')));
    expect((await client.answer())?.readInt16BE(4)).toBe(0);
    const token = Buffer.from(`\u0000ann\u0000${users[0]!.password}`);
    client.send(Buffer.concat([Buffer.from([0, 0, 0, token.length]), token]));
    expect((await client.answer())?.length).toBe(0);
    client.send(API_VERSIONS);
    expect((await client.answer())?.readInt16BE(4)).toBe(0);
    client.socket.destroy();
  });

  const hasOpenssl = (): boolean => {
    try {
      execFileSync('openssl', ['version']);
      return true;
    } catch (error) {
      console.warn(`TLS is not tested: there is no openssl here (${String(error)})`);
      return false;
    }
  };

  test.runIf(hasOpenssl())(
    'a listener with TLS serves beside the plain one, with its own port in the metadata',
    async () => {
      const dir = tempDir();
      const [keyPath, certPath] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
      const output = ['-keyout', keyPath, '-out', certPath, '-days', '2'];
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...output, ...subject], {
        stdio: 'ignore',
      });
      const [key, cert] = [readFileSync(keyPath, 'utf8'), readFileSync(certPath, 'utf8')];
      const { broker } = await start({ listeners: [{ port: 0, tls: { key, cert }, sasl: { users } }] });
      const sasl: SASLOptions = { mechanism: 'plain', username: 'ann', password: users[0]!.password };
      const secure = kafkaOf(broker.listenerPorts[0]!, { ssl: { ca: cert }, sasl });
      const producer = secure.producer();
      await producer.connect();
      await producer.send({ topic: 't', messages: [{ value: 'a' }] });
      await producer.disconnect();
      expect(await topics(kafkaOf(broker.port))).toEqual(['t']);
    },
  );
});
