/**
 * What the publisher needs of a Kafka, and the records that it sends. The port is small so that a fake one, with kills and
 * lost answers at will, can stand in for a broker in the property test.
 */

/** One record of a source. `sequence` is its place in the source's fixed order, below 10^15. */
export interface SourceRecord {
  readonly sequence: number;
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer;
}

/** Records of one source for one partition, in order. A run without a source carries no headers and is not deduplicated. */
export interface Run {
  readonly source: string | null;
  readonly timestampMs: number;
  readonly records: readonly SourceRecord[];
}

/** What is appended to a partition at once: all of it or nothing. */
export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly runs: readonly Run[];
  readonly count: number;
  /** What it was made from: told when it is in Kafka. */
  readonly planned: { isAppended: boolean };
  /** Who sends it, and which of its records this is: lets the broker drop a batch that arrives a second time. */
  readonly identity: { readonly producerId: bigint; readonly epoch: number; readonly firstSequence: number };
}

export interface Bounds {
  /** the first offset that is there */
  readonly low: number;
  /** the offset of the next record */
  readonly high: number;
}

export interface ScannedRecord {
  readonly source: string;
  readonly sequence: number;
}

export type ProduceResult =
  | { readonly kind: 'appended'; readonly baseOffset: number }
  | { readonly kind: 'refused'; readonly error: string; readonly because: Refusal };

/**
 * Why a batch was not appended: it may be later (`passing`); it never will be (`content`); the broker knows the producer's
 * sequences otherwise than we do (`identity`), as one that has lost its state does.
 */
export type Refusal = 'passing' | 'content' | 'identity';

export interface KafkaPort {
  /** The partition count of each topic asked for, which is created with the wanted count where it is missing. */
  ensureTopics(wanted: ReadonlyMap<string, number>): Promise<Map<string, number>>;
  /** By topic, the bounds of each partition; a topic that does not exist is absent. */
  bounds(topics: readonly string[]): Promise<Map<string, Bounds[]>>;
  /** Shows the records in [from, to) of a partition that a source sent, in order. */
  scan(
    topic: string,
    partition: number,
    from: number,
    to: number,
    visit: (record: ScannedRecord) => void,
  ): Promise<void>;
  newProducerId(): Promise<{ producerId: bigint; epoch: number }>;
  /** At most one batch for each partition. A rejection means that nobody knows which of them were appended. */
  produce(batches: readonly Batch[]): Promise<ProduceResult[]>;
  /** Cuts all connections; the next call makes new ones. */
  reset(): void;
  /** Is called when a connection ends that nobody cut here. */
  onLost(listener: (reason: Error) => void): void;
}
