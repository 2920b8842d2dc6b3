/** Apache Kafka's own command-line tools and Java clients, from the jars on Maven Central. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { classPath } from '../../engine/index.ts';
import { javaFlags } from './harness/toolchains.ts';
import { run, runOk } from './harness/run.ts';
import { clientSuite, consumerGroupHeartbeat, unique } from './harness/suite.ts';

const source = readFileSync(join(import.meta.dirname, 'java', 'Scenarios.java'), 'utf8');
const [, scenarios] = source.split(/\/\/ --- (?:scenarios|what they share)/);
const names = [...scenarios!.matchAll(/^ {2}static void (\w+)\(\)/gm)].map((match) => match[1]!);

const words = (text: string): string[] => text.split(' ');

const tools = 'org.apache.kafka.tools';

/** The verifiable tools print one JSON object a line. */
const eventsOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const temporaryFile = (text: string): string => {
  const dir = mkdtempSync(join(tmpdir(), 'tiffin-java-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'file'), text);
  return join(dir, 'file');
};

clientSuite('java', (broker) => {
  const { jarsDir, javaClassesDir } = inject('toolchains');
  const args = (mainClass: string, more: readonly string[]): string[] => [
    ...javaFlags,
    '-cp',
    [classPath(jarsDir), javaClassesDir].join(delimiter),
    mainClass,
    ...more,
  ];
  const java = async (mainClass: string, more: readonly string[], input?: string): Promise<string> =>
    (await runOk('java', args(mainClass, more), { timeoutMs: 85_000, ...(input === undefined ? {} : { input }) }))
      .stdout;
  /** A tool that takes --bootstrap-server, as most do. */
  const tool = (mainClass: string, more: readonly string[], input?: string): Promise<string> =>
    java(mainClass, ['--bootstrap-server', broker().bootstrap, ...more], input);

  const topics = (more: readonly string[]) => tool(`${tools}.TopicCommand`, more);
  const groups = (more: readonly string[]) => tool(`${tools}.consumer.group.ConsumerGroupCommand`, more);
  const configs = (more: readonly string[]) => tool('kafka.admin.ConfigCommand', more);
  const produce = (topic: string, input: string, more: readonly string[] = []) =>
    tool(`${tools}.ConsoleProducer`, ['--topic', topic, ...more], input);
  const consume = (topic: string, count: number, more: readonly string[] = []) =>
    tool(`${tools}.consumer.ConsoleConsumer`, [
      ...words(`--topic ${topic} --from-beginning --timeout-ms 30000 --max-messages ${count}`),
      ...more,
    ]);

  describe('the tools', () => {
    test('kafka-topics creates, lists, describes, grows and deletes', async () => {
      const topic = unique('cli');
      expect(
        await topics(['--create', '--topic', topic, '--partitions', '2', '--config', 'retention.ms=1000']),
      ).toContain(`Created topic ${topic}.`);
      expect((await topics(['--list'])).split('\n')).toContain(topic);
      const described = await topics(['--describe', '--topic', topic]);
      expect(described).toMatch(
        /TopicId: \S{22}\s+PartitionCount: 2\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=1000/,
      );
      expect(described).toMatch(/Partition: 1\s+Leader: \d+\s+Replicas: \d+\s+Isr: \d+/);
      await topics(['--alter', '--topic', topic, '--partitions', '3']);
      expect(await topics(['--describe', '--topic', topic])).toContain('PartitionCount: 3');
      await topics(['--delete', '--topic', topic]);
      await expect.poll(() => topics(['--list']), { timeout: 30_000 }).not.toContain(topic);
    });

    test('kafka-topics says what is wrong', async () => {
      const ran = await run(
        'java',
        args(`${tools}.TopicCommand`, ['--bootstrap-server', broker().bootstrap, '--create', '--topic', 'a b']),
      );
      expect(ran.code).toBe(1);
      expect(ran.stdout + ran.stderr).toContain('InvalidTopicException');
    });

    test('kafka-console-producer and -consumer carry keys and values', async () => {
      const topic = unique('console');
      await produce(topic, 'a:first\nb:second\n', words('--property parse.key=true --property key.separator=:'));
      const got = await consume(topic, 2, words('--property print.key=true --property print.offset=true'));
      expect(got.trim().split('\n')).toEqual(['Offset:0\ta\tfirst', 'Offset:1\tb\tsecond']);
    });

    test('kafka-consumer-groups shows the lag, moves it, and deletes the group', async () => {
      const topic = unique('groups');
      const group = unique('cli-group');
      await produce(topic, '1\n2\n3\n4\n5\n');
      await consume(topic, 3, ['--group', group, '--consumer-property', 'max.poll.records=1']);
      expect(await groups(['--list'])).toContain(group);
      const row = async () =>
        (await groups(['--describe', '--group', group]))
          .split('\n')
          .find((line) => line.includes(topic))
          ?.trim()
          .split(/\s+/);
      expect((await row())?.slice(0, 6)).toEqual([group, topic, '0', '3', '5', '2']);
      expect(await groups(['--describe', '--group', group, '--state'])).toMatch(/Empty\s+0/);
      await groups(['--reset-offsets', '--group', group, '--topic', topic, '--to-earliest', '--execute']);
      expect((await row())?.slice(3, 6)).toEqual(['0', '5', '5']);
      await groups([
        '--reset-offsets',
        '--group',
        group,
        '--topic',
        topic,
        '--to-datetime',
        '2100-01-01T00:00:00.000',
        '--execute',
      ]);
      expect((await row())?.slice(3, 6)).toEqual(['5', '5', '0']);
      await groups(['--delete-offsets', '--group', group, '--topic', topic]);
      await groups(['--delete', '--group', group]);
      expect(await groups(['--list'])).not.toContain(group);
    });

    test('kafka-configs changes and shows the settings of a topic', async () => {
      const topic = unique('configs');
      await topics(['--create', '--topic', topic]);
      const entity = ['--entity-type', 'topics', '--entity-name', topic];
      await configs(['--alter', ...entity, '--add-config', 'retention.ms=4321,cleanup.policy=[compact,delete]']);
      const described = await configs(['--describe', ...entity]);
      expect(described).toContain('retention.ms=4321');
      expect(described).toContain('cleanup.policy=compact,delete');
      await configs(['--alter', ...entity, '--delete-config', 'retention.ms']);
      await expect.poll(() => configs(['--describe', ...entity]), { timeout: 30_000 }).not.toContain('retention.ms=');
      expect(await configs(['--describe', ...entity, '--all'])).toContain('retention.ms=604800000');
    });

    test('kafka-configs shows the settings of the broker', async () => {
      const described = await configs(['--describe', '--entity-type', 'brokers', '--entity-name', '1', '--all']);
      expect(described).toContain('message.max.bytes=');
    });

    test('kafka-verifiable-producer and -consumer agree', async () => {
      const topic = unique('verifiable');
      const sent = eventsOf(
        await tool(`${tools}.VerifiableProducer`, ['--topic', topic, '--max-messages', '2000', '--acks', '-1']),
      );
      expect(sent.filter((event) => event['name'] === 'producer_send_success')).toHaveLength(2000);
      expect(sent.at(-1)).toMatchObject({ name: 'tool_data', sent: 2000, acked: 2000 });
      const got = eventsOf(
        await tool(
          `${tools}.VerifiableConsumer`,
          words(`--topic ${topic} --group-id ${unique('verifiable')} --max-messages 2000 --reset-policy earliest`),
        ),
      );
      const consumed = got.filter((event) => event['name'] === 'records_consumed');
      expect(consumed.reduce((sum, event) => sum + Number(event['count']), 0)).toBe(2000);
      const committed = got.filter((event) => event['name'] === 'offsets_committed');
      expect(committed.at(-1)).toMatchObject({ success: true, offsets: [{ topic, partition: 0, offset: 2000 }] });
    });

    test('kafka-producer-perf-test and kafka-consumer-perf-test run', async () => {
      const topic = unique('perf');
      const produced = await java(
        `${tools}.ProducerPerformance`,
        words(
          `--topic ${topic} --num-records 20000 --record-size 240 --throughput -1 --producer-props bootstrap.servers=${broker().bootstrap}`,
        ),
      );
      expect(produced).toMatch(/^20000 records sent, /m);
      const consumed = await tool(`${tools}.ConsumerPerformance`, ['--topic', topic, '--messages', '20000']);
      const figures = consumed.trim().split('\n').at(-1)!.split(', ');
      expect(Number(figures[4])).toBeGreaterThanOrEqual(20_000);
    });

    test('kafka-get-offsets, kafka-delete-records and kafka-log-dirs look into a topic', async () => {
      const topic = unique('inside');
      await produce(topic, '1\n2\n3\n');
      const offsets = (time: string) => tool(`${tools}.GetOffsetShell`, ['--topic', topic, '--time', time]);
      expect((await offsets('latest')).trim()).toBe(`${topic}:0:3`);
      const file = temporaryFile(JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset: 2 }] }));
      expect(await tool(`${tools}.DeleteRecordsCommand`, ['--offset-json-file', file])).toContain('low_watermark: 2');
      expect((await offsets('earliest')).trim()).toBe(`${topic}:0:2`);
      const dirs = await tool(`${tools}.LogDirsCommand`, ['--describe', '--topic-list', topic]);
      expect(dirs).toContain(`"partition":"${topic}-0"`);
    });

    test('kafka-transactions and kafka-broker-api-versions look into the broker', async () => {
      expect(await tool(`${tools}.TransactionsCommand`, ['list'])).toContain('TransactionalId');
      const versions = await tool(`${tools}.BrokerApiVersionsCommand`, []);
      expect(versions).toMatch(/Produce\(0\): \d+ to \d+ \[usable: \d+\]/);
      expect(versions).toMatch(/Fetch\(1\): \d+ to \d+ \[usable: \d+\]/);
    });
  });

  test.for(names)('the clients: %s', async (name, { skip }) => {
    if (name.includes('NewProtocol')) broker().needs(consumerGroupHeartbeat, skip);
    await java('Scenarios', [broker().bootstrap, name]);
  });
});
