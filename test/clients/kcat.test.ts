/** kcat, the command that most people look into a Kafka with: an older librdkafka than the Python suite's. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { run, runOk } from './harness/run.ts';
import { clientSuite, unique } from './harness/suite.ts';
import { user } from './harness/target.ts';

clientSuite('kcat', (broker) => {
  const args = (mode: readonly string[]): string[] => ['-b', broker().bootstrap, ...mode];
  const kcat = async (mode: readonly string[], input?: string | Buffer): Promise<string> =>
    (await runOk('kcat', args(mode), input === undefined ? {} : { input })).stdout;
  const produce = (topic: string, input: string | Buffer, options: readonly string[] = []) =>
    kcat(['-P', '-t', topic, ...options], input);
  const consume = (topic: string, options: readonly string[] = []) =>
    kcat(['-C', '-q', '-e', '-o', 'beginning', '-t', topic, ...options]);

  test('lists the broker and its topics', async () => {
    const topic = unique('listed');
    await produce(topic, 'one\n');
    const listing = JSON.parse(await kcat(['-L', '-J'])) as {
      brokers: { id: number; name: string }[];
      topics: { topic: string; partitions: { partition: number; leader: number }[] }[];
    };
    expect(listing.brokers.map((one) => one.name)).toEqual([broker().bootstrap]);
    expect(listing.topics.find((one) => one.topic === topic)).toMatchObject({
      partitions: [{ partition: 0, leader: listing.brokers[0]!.id }],
    });
    const one = JSON.parse(await kcat(['-L', '-J', '-t', topic])) as typeof listing;
    expect(one.topics.map((found) => found.topic)).toEqual([topic]);
  });

  test('produces lines with keys and headers, and reads them back', async () => {
    const topic = unique('lines');
    await produce(topic, 'a:first\nb:second\nc:\n', ['-K', ':', '-H', 'from=kcat', '-H', 'again=1']);
    const format = ['-f', '%o|%k|%s|%h\\n'];
    expect((await consume(topic, format)).trim().split('\n')).toEqual([
      '0|a|first|from=kcat,again=1',
      '1|b|second|from=kcat,again=1',
      '2|c||from=kcat,again=1',
    ]);
  });

  test('tells an absent value from an empty one', async () => {
    const topic = unique('tombstones');
    await produce(topic, 'k:\n', ['-K', ':', '-Z']);
    const [message] = (await consume(topic, ['-J']))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(message).toMatchObject({ key: 'k', payload: null });
  });

  test('keeps every byte of a file', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'tiffin-kcat-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const path = join(dir, 'bytes');
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 256));
    writeFileSync(path, bytes);
    const topic = unique('bytes');
    await kcat(['-P', '-t', topic, path]);
    expect(await consume(topic, ['-f', '%S'])).toBe(String(bytes.length));
  });

  describe.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('with %s compression', (codec) => {
    test.each(['0', '1', 'all'])('reads back what it sent with acks=%s', async (acks) => {
      const topic = unique(codec);
      const lines = Array.from({ length: 2000 }, (_, index) => `order ${index} of a hungry customer`);
      await produce(topic, lines.join('\n'), ['-z', codec, '-X', `acks=${acks}`, '-X', 'linger.ms=20']);
      // without acknowledgements nobody says when the last one is there
      await expect.poll(() => consume(topic), { timeout: 20_000 }).toBe(`${lines.join('\n')}\n`);
    });
  });

  test('produces idempotently', async () => {
    const topic = unique('idempotent');
    const lines = Array.from({ length: 5000 }, (_, index) => String(index));
    await produce(topic, lines.join('\n'), ['-X', 'enable.idempotence=true', '-X', 'batch.num.messages=100']);
    expect((await consume(topic)).trim().split('\n')).toEqual(lines);
  });

  test('produces in a transaction', async () => {
    const topic = unique('transaction');
    await produce(topic, 'all\nor\nnothing\n', ['-X', `transactional.id=${unique('kcat')}`]);
    expect(await consume(topic, ['-X', 'isolation.level=read_committed'])).toBe('all\nor\nnothing\n');
  });

  test('starts at an offset, from the end, and at a time', async () => {
    const topic = unique('positions');
    await produce(topic, 'a\nb\nc\nd\n');
    const at = (offset: string) => kcat(['-C', '-q', '-e', '-t', topic, '-p', '0', '-o', offset]);
    expect(await at('2')).toBe('c\nd\n');
    expect(await at('-1')).toBe('d\n');
    expect(await at('s@1000')).toBe('a\nb\nc\nd\n');
    expect(await kcat(['-Q', '-t', `${topic}:0:-1`])).toContain('offset 4');
    expect(await kcat(['-Q', '-t', `${topic}:0:-2`])).toContain('offset 0');
  });

  test('gets no more than it asks for', async () => {
    const topic = unique('count');
    await produce(topic, 'a\nb\nc\nd\n');
    expect(await consume(topic, ['-c', '2'])).toBe('a\nb\n');
  });

  test('waits at the end for what comes next', async () => {
    const topic = unique('tail');
    await produce(topic, 'before\n');
    const child = spawn('kcat', args(['-C', '-q', '-u', '-o', 'beginning', '-t', topic]));
    onTestFinished(() => void child.kill());
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('before');
    await produce(topic, 'after\n');
    expect((await lines.next()).value).toBe('after');
  });

  test('consumes as a group, which goes on where it stopped', async () => {
    const topic = unique('group');
    const group = unique('kcat');
    await produce(topic, 'a\nb\n');
    const asGroup = () => kcat(['-G', group, '-q', '-e', '-X', 'auto.offset.reset=earliest', topic]);
    expect(await asGroup()).toBe('a\nb\n');
    await produce(topic, 'c\n');
    expect(await asGroup()).toBe('c\n');
  });

  test('is told of a topic that is not there', async () => {
    const ran = await run('kcat', args(['-C', '-e', '-t', unique('nowhere'), '-X', 'allow.auto.create.topics=false']));
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/Unknown topic or partition/);
  });

  describe('at the other listeners', () => {
    const settings = (options: Record<string, string>): string[] =>
      Object.entries(options).flatMap(([name, value]) => ['-X', `${name}=${value}`]);
    const loggingIn = (password: string): string[] =>
      settings({
        'security.protocol': 'SASL_PLAINTEXT',
        'sasl.mechanism': 'PLAIN',
        'sasl.username': user.name,
        'sasl.password': password,
      });

    // PLAIN only: SCRAM of librdkafka before 2.8 repeats the nonce wrongly, which Apache Kafka refuses since CVE-2024-56128
    test('logs in', async () => {
      const topic = unique('login');
      const login = ['-b', broker().saslBootstrap, ...loggingIn(user.password)];
      await runOk('kcat', ['-P', '-t', topic, ...login], { input: 'hello\n' });
      const { stdout } = await runOk('kcat', ['-C', '-q', '-e', '-o', 'beginning', '-t', topic, ...login]);
      expect(stdout).toBe('hello\n');
    });

    test('is kept out with a wrong password', async () => {
      const ran = await run('kcat', ['-L', '-m', '3', '-b', broker().saslBootstrap, ...loggingIn('guess')]);
      expect(ran.code).not.toBe(0);
      expect(ran.stderr).toMatch(/authentication/i);
    });

    test('speaks TLS', async () => {
      const tls = settings({ 'security.protocol': 'SSL', 'ssl.ca.location': inject('toolchains').tls.certPath });
      const { stdout } = await runOk('kcat', ['-L', '-J', '-b', broker().tlsBootstrap, ...tls]);
      expect(JSON.parse(stdout)).toMatchObject({ brokers: [{ name: broker().tlsBootstrap }] });
    });
  });
});
