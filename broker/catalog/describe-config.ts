/** Configurations as DescribeConfigs shows them: each value with its type and where it comes from. */
import type { BrokerSettings } from '../config.ts';
import { topicConfigKeys, type ConfigType, type TopicConfig, type TopicConfigName } from './topic-config.ts';

const SOURCE_TOPIC = 1;
const SOURCE_STATIC_BROKER = 4;
const SOURCE_DEFAULT = 5;

const TYPE_NUMBERS: Record<ConfigType, number> = { boolean: 1, string: 2, int: 3, long: 5, list: 7 };

export interface DescribedConfig {
  readonly name: string;
  readonly value: string;
  readonly source: number;
  readonly type: number;
  readonly readOnly: boolean;
  readonly documentation: string | null;
  readonly synonyms: readonly { readonly name: string; readonly value: string; readonly source: number }[];
}

export const describeTopicConfig = (config: TopicConfig, defaults: TopicConfig): DescribedConfig[] =>
  (Object.keys(topicConfigKeys) as TopicConfigName[]).map((name) => {
    const { type, documentation, default: fallback } = topicConfigKeys[name];
    const synonyms = [
      ...(config[name] === undefined ? [] : [{ name, value: config[name], source: SOURCE_TOPIC }]),
      ...(defaults[name] === undefined
        ? []
        : [{ name: `log.${name}`, value: defaults[name], source: SOURCE_STATIC_BROKER }]),
      { name: `log.${name}`, value: fallback, source: SOURCE_DEFAULT },
    ];
    const { value, source } = synonyms[0]!;
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

/** Topic settings that have a broker-wide default under a name of its own. */
const BROKER_WIDE = new Map([
  ['cleanup.policy', 'log.cleanup.policy'],
  ['compression.type', 'compression.type'],
  ['max.message.bytes', 'message.max.bytes'],
  ['message.timestamp.type', 'log.message.timestamp.type'],
  ['min.insync.replicas', 'min.insync.replicas'],
  ['retention.bytes', 'log.retention.bytes'],
  ['retention.ms', 'log.retention.ms'],
  ['segment.bytes', 'log.segment.bytes'],
  ['segment.ms', 'log.roll.ms'],
]);
