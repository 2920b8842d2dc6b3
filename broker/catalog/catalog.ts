/**
 * The topics: names, ids, partitions, configurations, and their logs. What exists is decided by the journal alone;
 * a folder of no topic is left over from an interrupted deletion and goes at start.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ErrorCode } from '../errors.ts';
import type { BufferPool } from '../log/buffer-pool.ts';
import type { Files } from '../log/files.ts';
import { PartitionLog } from '../log/partition-log.ts';
import { Journal } from '../state/journal.ts';
import type { Log } from '../types.ts';
import { configProblem, settingsOf, type TopicConfig, type TopicSettings } from './topic-config.ts';

interface StoredTopic {
  readonly id: string;
  readonly partitions: number;
  readonly config: TopicConfig;
}

export interface TopicCounters {
  messagesIn: number;
  bytesIn: number;
  messagesOut: number;
  bytesOut: number;
}

export interface Topic {
  readonly name: string;
  /** 32 hexadecimal digits */
  readonly id: string;
  readonly logs: PartitionLog[];
  readonly counters: TopicCounters;
  config: TopicConfig;
  settings: TopicSettings;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly errorCode: number;
  readonly message: string;
}
export type CreateResult = { readonly kind: 'created'; readonly topic: Topic } | Refusal;

export interface CatalogOptions {
  readonly files: Files;
  readonly dataDir: string;
  readonly pool: BufferPool;
  readonly log: Log;
  readonly trustTail: boolean;
  readonly defaults: TopicConfig;
  readonly partitionsMax: number;
}

const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/;

export const refuse = (errorCode: number, message: string): Refusal => ({ kind: 'refused', errorCode, message });

/** What is wrong with a topic's name, as a sentence; undefined if nothing is. */
export const nameProblem = (name: string): string | undefined => {
  if (name === '' || name === '.' || name === '..') return `Topic name is invalid: '${name}'`;
  return TOPIC_NAME.test(name)
    ? undefined
    : `Topic name is invalid: '${name.slice(0, 300)}' must be 1 to 249 of the characters a-z A-Z 0-9 . _ -`;
};

/** Why there is no topic of this name. */
export const noSuchTopic = (name: string): Refusal => {
  const problem = nameProblem(name);
  return problem === undefined
    ? refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`)
    : refuse(ErrorCode.INVALID_TOPIC_EXCEPTION, problem);
};

/** Where Apache Kafka keeps what this broker keeps in journals. */
const INTERNAL_TOPICS = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
  '__cluster_metadata',
]);

/** Metrics are named after topics with all dots written as underscores: Kafka refuses names that come to the same. */
const metricName = (name: string): string => name.replaceAll('.', '_');

export const newTopicId = (): string => randomBytes(16).toString('hex');

/** Readable, and different even where the file system does not tell upper from lower case. */
const folderOf = (name: string, id: string): string => `${name.slice(0, 200)}~${id.slice(0, 12)}`;

export class Catalog {
  private readonly options: CatalogOptions;
  private readonly journal: Journal<StoredTopic>;
  private readonly byName = new Map<string, Topic>();
  private readonly byId = new Map<string, Topic>();

  constructor(options: CatalogOptions) {
    this.options = options;
    this.journal = new Journal(options.files, join(options.dataDir, 'topics.journal'));
    this.removeLeftovers();
    for (const [name, stored] of this.journal.entries()) this.open(name, stored);
  }

  private get topicsDir(): string {
    return join(this.options.dataDir, 'topics');
  }

  private removeLeftovers(): void {
    const { files } = this.options;
    const known = new Set([...this.journal.entries()].map(([name, stored]) => folderOf(name, stored.id)));
    for (const folder of files.list(this.topicsDir)) {
      if (!known.has(folder)) files.remove(join(this.topicsDir, folder));
    }
  }

  private open(name: string, stored: StoredTopic): Topic {
    const settings = settingsOf(stored.config, this.options.defaults);
    const counters = { messagesIn: 0, bytesIn: 0, messagesOut: 0, bytesOut: 0 };
    const topic: Topic = { name, id: stored.id, logs: [], counters, config: stored.config, settings };
    this.openLogs(topic, stored.partitions);
    this.byName.set(name, topic);
    this.byId.set(topic.id, topic);
    return topic;
  }

  private openLogs(topic: Topic, partitions: number): void {
    const { files, pool, log, trustTail } = this.options;
    const dir = join(this.topicsDir, folderOf(topic.name, topic.id));
    for (let number = topic.logs.length; number < partitions; number++) {
      const settings = () => topic.settings;
      topic.logs.push(new PartitionLog({ files, dir: join(dir, String(number)), settings, pool, log, trustTail }));
    }
  }

  all(): IterableIterator<Topic> {
    return this.byName.values();
  }
  get size(): number {
    return this.byName.size;
  }
  named(name: string): Topic | undefined {
    return this.byName.get(name);
  }
  withId(id: string): Topic | undefined {
    return this.byId.get(id);
  }
  /** By whichever of both the request carries: newer versions know topics by id only. */
  find(name: string, id: string): Topic | undefined {
    return name === '' ? this.byId.get(id) : this.byName.get(name);
  }

  get defaults(): TopicConfig {
    return this.options.defaults;
  }

  checkNew(name: string, partitions: number, config: TopicConfig): Refusal | undefined {
    const problem = nameProblem(name);
    if (problem !== undefined) return refuse(ErrorCode.INVALID_TOPIC_EXCEPTION, problem);
    if (this.byName.has(name)) return refuse(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`);
    if (INTERNAL_TOPICS.has(name))
      return refuse(
        ErrorCode.INVALID_TOPIC_EXCEPTION,
        `Topic '${name}' is internal to Kafka; this broker keeps offsets and transactions in journals instead.`,
      );
    const colliding = [...this.byName.keys()].find((one) => metricName(one) === metricName(name));
    if (colliding !== undefined)
      return refuse(ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic '${name}' collides with existing topic: ${colliding}`);
    return this.checkPartitions(partitions) ?? this.checkConfig(config);
  }

  private checkPartitions(partitions: number): Refusal | undefined {
    if (partitions < 1) return refuse(ErrorCode.INVALID_PARTITIONS, 'Number of partitions must be larger than 0.');
    const { partitionsMax } = this.options;
    if (partitions > partitionsMax)
      return refuse(ErrorCode.INVALID_PARTITIONS, `A topic may have up to ${partitionsMax} partitions.`);
    return undefined;
  }

  checkConfig(config: TopicConfig): Refusal | undefined {
    const problem = configProblem(config, this.options.defaults);
    return problem === undefined ? undefined : refuse(ErrorCode.INVALID_CONFIG, problem);
  }

  create(name: string, partitions: number, config: TopicConfig = {}): CreateResult {
    const refusal = this.checkNew(name, partitions, config);
    if (refusal !== undefined) return refusal;
    const stored = { id: newTopicId(), partitions, config };
    this.journal.set(name, stored);
    return { kind: 'created', topic: this.open(name, stored) };
  }

  delete(topic: Topic): void {
    this.journal.delete(topic.name);
    this.byName.delete(topic.name);
    this.byId.delete(topic.id);
    for (const log of topic.logs) log.abandon();
    this.options.files.remove(join(this.topicsDir, folderOf(topic.name, topic.id)));
    for (const log of topic.logs) for (const waiter of log.waiters) waiter.grown(Infinity);
  }

  checkGrowth(topic: Topic, partitions: number): Refusal | undefined {
    if (partitions > topic.logs.length) return this.checkPartitions(partitions);
    const now = `The topic currently has ${topic.logs.length} partition(s)`;
    return refuse(ErrorCode.INVALID_PARTITIONS, `${now}; ${partitions} would not be an increase.`);
  }

  grow(topic: Topic, partitions: number): void {
    this.journal.set(topic.name, { id: topic.id, partitions, config: topic.config });
    this.openLogs(topic, partitions);
  }

  /** Replaces the topic's whole configuration. */
  configure(topic: Topic, config: TopicConfig): Refusal | undefined {
    const refusal = this.checkConfig(config);
    if (refusal !== undefined) return refusal;
    this.journal.set(topic.name, { id: topic.id, partitions: topic.logs.length, config });
    topic.config = config;
    topic.settings = settingsOf(config, this.options.defaults);
    return undefined;
  }

  close(): void {
    for (const topic of this.byName.values()) for (const log of topic.logs) log.close();
    this.journal.close();
  }
}
