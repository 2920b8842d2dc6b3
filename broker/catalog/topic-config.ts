/**
 * The configuration of a topic: every key that is understood, with Kafka's own name, type, default and meaning. What
 * DescribeConfigs shows, what AlterConfigs accepts and what the log does all come from this one table.
 */
export type ConfigType = 'boolean' | 'string' | 'int' | 'long' | 'list';

interface ConfigKey {
  readonly type: ConfigType;
  readonly default: string;
  readonly documentation: string;
  readonly check: (value: string) => string | undefined;
}

const number =
  (min: number, max = Number.MAX_SAFE_INTEGER) =>
  (value: string): string | undefined =>
    /^-?\d+$/.test(value) && Number(value) >= min && Number(value) <= max
      ? undefined
      : `must be a whole number of at least ${min}`;
const oneOf =
  (...allowed: string[]) =>
  (value: string): string | undefined =>
    allowed.includes(value) ? undefined : `must be one of ${allowed.join(', ')}`;
const policy = (value: string): string | undefined =>
  value.split(',').every((one) => ['delete', 'compact'].includes(one.trim()))
    ? undefined
    : 'must be of delete, compact';
const INT_MAX = 2147483647;
const LONG_MAX = '9223372036854775807';
const long = (min: number) => (value: string) => (value === LONG_MAX ? undefined : number(min)(value));
const ratio = (value: string): string | undefined =>
  /^\d*\.?\d+$/.test(value) && Number(value) <= 1 ? undefined : 'must be between 0 and 1';

const key = (type: ConfigType, value: string, documentation: string, check: ConfigKey['check']): ConfigKey => ({
  type,
  default: value,
  documentation,
  check,
});

const boolean = oneOf('true', 'false');

export const topicConfigKeys = {
  'cleanup.policy': key(
    'list',
    'delete',
    'delete: old segments go; compact: the newest record of each key stays.',
    policy,
  ),
  'compression.type': key(
    'string',
    'producer',
    'Batches are kept as the producer compressed them, whatever is set here: readers get the same records.',
    oneOf('producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'),
  ),
  'delete.retention.ms': key('long', '86400000', 'How long compaction keeps a tombstone.', long(0)),
  'file.delete.delay.ms': key('long', '60000', 'Accepted for compatibility; files go at once.', long(0)),
  'flush.messages': key(
    'long',
    LONG_MAX,
    'fsync when so many records wait for it (1: after each append); the default leaves it to the system.',
    long(1),
  ),
  'flush.ms': key(
    'long',
    LONG_MAX,
    'Accepted for compatibility: Apache Kafka looks at it only if it is told how often.',
    long(0),
  ),
  'index.interval.bytes': key('int', '4096', 'Accepted for compatibility.', number(0, INT_MAX)),
  'max.compaction.lag.ms': key('long', LONG_MAX, 'Longest time until a record is compacted.', long(1)),
  'max.message.bytes': key('int', '1048588', 'The largest record batch that is accepted.', number(0, INT_MAX)),
  'message.timestamp.after.max.ms': key('long', '3600000', 'How far in the future a timestamp may be.', long(0)),
  'message.timestamp.before.max.ms': key('long', LONG_MAX, 'How far in the past a timestamp may be.', long(0)),
  'message.timestamp.type': key(
    'string',
    'CreateTime',
    "Whose clock stamps records: the producer's or the broker's.",
    oneOf('CreateTime', 'LogAppendTime'),
  ),
  'min.cleanable.dirty.ratio': key('string', '0.5', 'Share of uncompacted bytes at which compaction starts.', ratio),
  'min.compaction.lag.ms': key('long', '0', 'Shortest time that a record stays uncompacted.', long(0)),
  'min.insync.replicas': key('int', '1', 'There is one broker.', number(1, INT_MAX)),
  preallocate: key('boolean', 'false', 'Accepted for compatibility.', boolean),
  'retention.bytes': key('long', '-1', 'How large a partition may become; -1: any size.', long(-1)),
  'retention.ms': key('long', '604800000', 'How long records are kept; -1: for ever.', long(-1)),
  'segment.bytes': key('int', '1073741824', 'Size at which a new segment begins.', number(14, INT_MAX)),
  'segment.index.bytes': key('int', '10485760', 'Accepted for compatibility.', number(4, INT_MAX)),
  'segment.jitter.ms': key('long', '0', 'Accepted for compatibility.', long(0)),
  'segment.ms': key('long', '604800000', 'Age at which a new segment begins.', long(1)),
  'unclean.leader.election.enable': key('boolean', 'false', 'There is one broker.', boolean),
} as const satisfies Record<string, ConfigKey>;

export type TopicConfigName = keyof typeof topicConfigKeys;
export type TopicConfig = Readonly<Partial<Record<TopicConfigName, string>>>;

export const isTopicConfigName = (name: string): name is TopicConfigName => Object.hasOwn(topicConfigKeys, name);

/** What is wrong with a setting, as a sentence; undefined if nothing is. */
export const problemOf = (name: string, value: string | null): string | undefined => {
  if (!isTopicConfigName(name)) return `Unknown topic config name: ${name}`;
  if (value === null) return `A value is needed for ${name}`;
  const problem = topicConfigKeys[name].check(value);
  return problem === undefined ? undefined : `Invalid value ${value} for configuration ${name}: ${problem}`;
};

/** A topic's configuration as the log uses it. -1 and the largest long both stand for "no limit" (Infinity). */
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
  const text = (name: TopicConfigName): string => config[name] ?? defaults[name] ?? topicConfigKeys[name].default;
  const limit = (name: TopicConfigName): number => {
    const value = text(name);
    return value === LONG_MAX || value === '-1' ? Infinity : Number(value);
  };
  const policies = text('cleanup.policy')
    .split(',')
    .map((one) => one.trim());
  return {
    segmentBytes: limit('segment.bytes'),
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
