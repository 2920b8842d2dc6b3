/**
 * The configuration of a topic: every key that is understood, with Kafka's own name, type, default and meaning. What
 * DescribeConfigs shows, what AlterConfigs accepts and what the log does all come from this one table.
 */
import {
  anything,
  atLeast,
  between,
  listed,
  matching,
  oneOf,
  or,
  plainValue,
  someOf,
  valueProblem,
  type Check,
  type ConfigType,
} from './config-values.ts';

interface ConfigKey {
  readonly type: ConfigType;
  readonly default: string;
  readonly documentation: string;
  readonly check: Check;
  /** Not shown: for tests. */
  readonly isInternal: boolean;
}

const LONG_MAX = '9223372036854775807';

const key = (type: ConfigType, value: string, documentation: string, check: Check = anything): ConfigKey => ({
  type,
  default: value,
  documentation,
  check,
  isInternal: false,
});

const NO_REPLICAS = 'Accepted for compatibility: there is one broker, so nothing is replicated.';
const NO_TIERS = 'Accepted for compatibility: there is no remote storage.';
const NO_RECOMPRESSION = 'Accepted for compatibility: batches are kept as the producer compressed them.';
const throttled = key(
  'list',
  '',
  NO_REPLICAS,
  matching(/^(\*|(\d+:\d+(,\d+:\d+)*)?)$/, '* or a list of partition:broker'),
);

export const topicConfigKeys = {
  'cleanup.policy': key(
    'list',
    'delete',
    'delete: old segments go; compact: the newest record of each key stays; empty: all stays.',
    someOf('compact', 'delete'),
  ),
  'compression.gzip.level': key('int', '-1', NO_RECOMPRESSION, or('-1', between(1, 9))),
  'compression.lz4.level': key('int', '9', NO_RECOMPRESSION, between(1, 17)),
  'compression.type': key(
    'string',
    'producer',
    'Batches are kept as the producer compressed them, whatever is set here: readers get the same records.',
    oneOf('producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'),
  ),
  'compression.zstd.level': key('int', '3', NO_RECOMPRESSION, between(-131072, 22)),
  'delete.retention.ms': key('long', '86400000', 'How long compaction keeps a tombstone.', atLeast(0)),
  'file.delete.delay.ms': key('long', '60000', 'Accepted for compatibility; files go at once.', atLeast(0)),
  'flush.messages': key(
    'long',
    LONG_MAX,
    'fsync when so many records wait for it (1: after each append); the default leaves it to the system.',
    atLeast(1),
  ),
  'flush.ms': key(
    'long',
    LONG_MAX,
    'Accepted for compatibility: Apache Kafka looks at it only if it is told how often.',
    atLeast(0),
  ),
  'follower.replication.throttled.replicas': throttled,
  'index.interval.bytes': key('int', '4096', 'Accepted for compatibility.', atLeast(0)),
  'internal.segment.bytes': {
    ...key('int', '2147483647', 'Size at which a new segment begins, smaller than segment.bytes may be.', atLeast(14)),
    isInternal: true,
  },
  'leader.replication.throttled.replicas': throttled,
  'local.retention.bytes': key('long', '-2', NO_TIERS, atLeast(-2)),
  'local.retention.ms': key('long', '-2', NO_TIERS, atLeast(-2)),
  'max.compaction.lag.ms': key(
    'long',
    LONG_MAX,
    'Accepted for compatibility: only min.cleanable.dirty.ratio starts compaction.',
    atLeast(1),
  ),
  'max.message.bytes': key('int', '1048588', 'The largest record batch that is accepted.', atLeast(0)),
  'message.timestamp.after.max.ms': key('long', '3600000', 'How far in the future a timestamp may be.', atLeast(0)),
  'message.timestamp.before.max.ms': key('long', LONG_MAX, 'How far in the past a timestamp may be.', atLeast(0)),
  'message.timestamp.type': key(
    'string',
    'CreateTime',
    "Whose clock stamps records: the producer's or the broker's.",
    oneOf('CreateTime', 'LogAppendTime'),
  ),
  'min.cleanable.dirty.ratio': key(
    'double',
    '0.5',
    'Share of uncompacted bytes at which compaction starts.',
    between(0, 1),
  ),
  'min.compaction.lag.ms': key('long', '0', 'Shortest time that a record stays uncompacted.', atLeast(0)),
  'min.insync.replicas': key('int', '1', 'There is one broker.', atLeast(1)),
  preallocate: key('boolean', 'false', 'Accepted for compatibility.'),
  'remote.log.copy.disable': key('boolean', 'false', NO_TIERS),
  'remote.log.delete.on.disable': key('boolean', 'false', NO_TIERS),
  'remote.storage.enable': key('boolean', 'false', NO_TIERS, oneOf('false')),
  'retention.bytes': key('long', '-1', 'How large a partition may become; -1: any size.'),
  'retention.ms': key('long', '604800000', 'How long records are kept; -1: for ever.', atLeast(-1)),
  'segment.bytes': key('int', '1073741824', 'Size at which a new segment begins.', atLeast(1024 * 1024)),
  'segment.index.bytes': key('int', '10485760', 'Accepted for compatibility.', atLeast(4)),
  'segment.jitter.ms': key('long', '0', 'Accepted for compatibility.', atLeast(0)),
  'segment.ms': key('long', '604800000', 'Age at which a new segment begins.', atLeast(1)),
  'unclean.leader.election.enable': key('boolean', 'false', 'There is one broker.'),
} as const satisfies Record<string, ConfigKey>;

export type TopicConfigName = keyof typeof topicConfigKeys;
export type TopicConfig = Readonly<Partial<Record<TopicConfigName, string>>>;

export const isTopicConfigName = (name: string): name is TopicConfigName => Object.hasOwn(topicConfigKeys, name);

/** A setting as a request gives it. */
export interface Setting {
  readonly name: string;
  readonly value: string | null;
}

/** The names that come without a value. */
export const unset = (settings: readonly Setting[]): string[] =>
  settings.filter(({ value }) => value === null).map(({ name }) => name);

export const configOf = (settings: readonly Setting[]): TopicConfig =>
  Object.fromEntries(settings.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])));

/** How much of what a client wrote is repeated to it. */
const SHOWN_LENGTH = 300;

const problemOf = (name: string, value: string): string | undefined => {
  if (!isTopicConfigName(name)) return `Unknown topic config name: ${name.slice(0, SHOWN_LENGTH)}`;
  const { type, check } = topicConfigKeys[name];
  const problem = valueProblem(type, value, check);
  return problem === undefined
    ? undefined
    : `Invalid value ${value.slice(0, SHOWN_LENGTH)} for configuration ${name}: ${problem}`;
};

/** What is wrong with a topic's configuration, as a sentence; undefined if nothing is. */
export const configProblem = (config: Readonly<Record<string, string>>, defaults: TopicConfig): string | undefined => {
  for (const [name, value] of Object.entries(config)) {
    const problem = problemOf(name, value);
    if (problem !== undefined) return problem;
  }
  const [min, max] = ['min.compaction.lag.ms', 'max.compaction.lag.ms'] as const;
  const [least, most] = [min, max].map((name) => valueOf(name, config, defaults));
  return Number(least) <= Number(most) ? undefined : `${min} (${least}) is larger than ${max} (${most})`;
};

/** The plain value that holds for a topic. */
export const valueOf = (name: TopicConfigName, config: TopicConfig, defaults: TopicConfig): string => {
  const { type, default: fallback } = topicConfigKeys[name];
  return plainValue(type, config[name] ?? defaults[name] ?? fallback);
};

/** A topic's configuration as the log uses it. What is negative and the largest long both stand for "no limit" (Infinity). */
export interface TopicSettings {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly flushMessages: number;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly deletes: boolean;
  readonly compacts: boolean;
  readonly deleteRetentionMs: number;
  readonly dirtyRatioMin: number;
  readonly compactionLagMinMs: number;
  readonly messageBytesMax: number;
  readonly logAppendTime: boolean;
  readonly timestampAfterMaxMs: number;
  readonly timestampBeforeMaxMs: number;
}

export const settingsOf = (config: TopicConfig, defaults: TopicConfig): TopicSettings => {
  const text = (name: TopicConfigName): string => valueOf(name, config, defaults);
  const limit = (name: TopicConfigName): number => {
    const value = Number(text(name));
    return value < 0 || value >= Number(LONG_MAX) ? Infinity : value;
  };
  const policies = listed(text('cleanup.policy'));
  return {
    segmentBytes: Math.min(limit('segment.bytes'), limit('internal.segment.bytes')),
    segmentMs: limit('segment.ms'),
    flushMessages: limit('flush.messages'),
    retentionMs: limit('retention.ms'),
    retentionBytes: limit('retention.bytes'),
    deletes: policies.includes('delete'),
    compacts: policies.includes('compact'),
    deleteRetentionMs: limit('delete.retention.ms'),
    dirtyRatioMin: limit('min.cleanable.dirty.ratio'),
    compactionLagMinMs: limit('min.compaction.lag.ms'),
    messageBytesMax: limit('max.message.bytes'),
    logAppendTime: text('message.timestamp.type') === 'LogAppendTime',
    timestampAfterMaxMs: limit('message.timestamp.after.max.ms'),
    timestampBeforeMaxMs: limit('message.timestamp.before.max.ms'),
  };
};
