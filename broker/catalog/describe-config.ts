/** Configurations as DescribeConfigs shows them: each value with its type and where it comes from. */
import type { BrokerSettings } from '../config.ts';
import { plainValue, type ConfigType } from './config-values.ts';
import { topicConfigKeys, type TopicConfig, type TopicConfigName } from './topic-config.ts';

const SOURCE_TOPIC = 1;
const SOURCE_STATIC_BROKER = 4;
const SOURCE_DEFAULT = 5;

const TYPE_NUMBERS: Record<ConfigType, number> = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 };

/** Under which name a topic's setting has its default for the whole broker. */
const BROKER_WIDE = new Map<string, string>([
  ['cleanup.policy', 'log.cleanup.policy'],
  ['compression.gzip.level', 'compression.gzip.level'],
  ['compression.lz4.level', 'compression.lz4.level'],
  ['compression.type', 'compression.type'],
  ['compression.zstd.level', 'compression.zstd.level'],
  ['delete.retention.ms', 'log.cleaner.delete.retention.ms'],
  ['file.delete.delay.ms', 'log.segment.delete.delay.ms'],
  ['flush.messages', 'log.flush.interval.messages'],
  ['flush.ms', 'log.flush.interval.ms'],
  ['index.interval.bytes', 'log.index.interval.bytes'],
  ['local.retention.bytes', 'log.local.retention.bytes'],
  ['local.retention.ms', 'log.local.retention.ms'],
  ['max.compaction.lag.ms', 'log.cleaner.max.compaction.lag.ms'],
  ['max.message.bytes', 'message.max.bytes'],
  ['message.timestamp.after.max.ms', 'log.message.timestamp.after.max.ms'],
  ['message.timestamp.before.max.ms', 'log.message.timestamp.before.max.ms'],
  ['message.timestamp.type', 'log.message.timestamp.type'],
  ['min.cleanable.dirty.ratio', 'log.cleaner.min.cleanable.ratio'],
  ['min.compaction.lag.ms', 'log.cleaner.min.compaction.lag.ms'],
  ['min.insync.replicas', 'min.insync.replicas'],
  ['preallocate', 'log.preallocate'],
  ['retention.bytes', 'log.retention.bytes'],
  ['retention.ms', 'log.retention.ms'],
  ['segment.bytes', 'log.segment.bytes'],
  ['segment.index.bytes', 'log.index.size.max.bytes'],
  ['segment.jitter.ms', 'log.roll.jitter.ms'],
  ['segment.ms', 'log.roll.ms'],
  ['unclean.leader.election.enable', 'unclean.leader.election.enable'],
]);

const shownNames = (Object.keys(topicConfigKeys) as TopicConfigName[]).filter(
  (name) => !topicConfigKeys[name].isInternal,
);

export interface DescribedConfig {
  readonly name: string;
  readonly value: string;
  readonly source: number;
  readonly type: number;
  readonly readOnly: boolean;
  readonly documentation: string | null;
  readonly synonyms: readonly { readonly name: string; readonly value: string; readonly source: number }[];
}

/** The configuration of a topic, with what would hold if it were not set. */
export const describeTopicConfig = (config: TopicConfig, defaults: TopicConfig): DescribedConfig[] =>
  shownNames.map((name) => {
    const { type, documentation, default: fallback } = topicConfigKeys[name];
    const brokerWide = BROKER_WIDE.get(name);
    const sources = [
      { name, value: config[name], source: SOURCE_TOPIC },
      { name: brokerWide, value: defaults[name], source: SOURCE_STATIC_BROKER },
      { name: brokerWide, value: fallback, source: SOURCE_DEFAULT },
    ].flatMap((one) => (one.value === undefined ? [] : [{ ...one, value: plainValue(type, one.value) }]));
    const { value, source } = sources[0]!;
    const synonyms = sources.flatMap((one) => (one.name === undefined ? [] : [{ ...one, name: one.name }]));
    return { name, value, source, type: TYPE_NUMBERS[type], readOnly: false, documentation, synonyms };
  });

/** A setting of the broker, which is given at its start. */
const one = (name: string, value: string | number | boolean, type: ConfigType): DescribedConfig => ({
  name,
  value: String(value),
  source: SOURCE_STATIC_BROKER,
  type: TYPE_NUMBERS[type],
  readOnly: true,
  documentation: null,
  synonyms: [{ name, value: String(value), source: SOURCE_STATIC_BROKER }],
});

export const describeBrokerConfig = (
  settings: BrokerSettings,
  endpoint: { readonly host: string; readonly port: number },
): DescribedConfig[] => {
  return [
    one('advertised.listeners', `PLAINTEXT://${endpoint.host}:${endpoint.port}`, 'string'),
    one('auto.create.topics.enable', settings.autoCreateTopics, 'boolean'),
    one('broker.id', 1, 'int'),
    one('connections.max.idle.ms', settings.idleConnectionMs, 'long'),
    one('default.replication.factor', 1, 'int'),
    one('delete.topic.enable', true, 'boolean'),
    one('fetch.max.bytes', settings.fetchBytesMax, 'int'),
    one('group.initial.rebalance.delay.ms', settings.groupInitialDelayMs, 'int'),
    one('group.max.session.timeout.ms', settings.groupSessionTimeoutMaxMs, 'int'),
    one('group.min.session.timeout.ms', settings.groupSessionTimeoutMinMs, 'int'),
    one('log.dirs', settings.dataDir, 'string'),
    one('log.retention.check.interval.ms', settings.retentionCheckMs, 'long'),
    one('log.retention.hours', hours('retention.ms', settings), 'int'),
    one('log.roll.hours', hours('segment.ms', settings), 'int'),
    one('max.connections', settings.connectionsMax, 'int'),
    one('node.id', 1, 'int'),
    one('num.partitions', settings.defaultPartitions, 'int'),
    one('offsets.retention.minutes', Math.round(settings.offsetsRetentionMs / 60_000), 'int'),
    one('process.roles', 'broker,controller', 'list'),
    one('socket.request.max.bytes', settings.requestBytesMax, 'int'),
    one('transaction.max.timeout.ms', settings.transactionTimeoutMaxMs, 'int'),
    ...describeTopicConfig({}, settings.topicDefaults)
      .filter(({ name }) => BROKER_WIDE.has(name))
      .map((config) => ({ ...config, name: BROKER_WIDE.get(config.name)!, readOnly: true })),
  ];
};

/** A duration in the older, coarser unit that tools still ask for. */
const hours = (name: TopicConfigName, { topicDefaults }: BrokerSettings): number =>
  Math.floor(Number(topicDefaults[name] ?? topicConfigKeys[name].default) / 3_600_000);
