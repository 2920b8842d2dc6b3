/**
 * A Kafka in memory for tests: partitions that append whole batches, producer ids that are checked as Kafka checks them, and
 * faults on demand. Each call of `produce` takes the next fault.
 */
import type { Batch, KafkaPort, ProduceResult, ScannedRecord } from './port.ts';

export type Fault =
  | 'none'
  /** the request never arrives */
  | 'request lost'
  /** everything is appended, the answer is lost */
  | 'answer lost'
  /** the first half of the batches is appended, then the broker dies */
  | 'half appended'
  /** the answer is lost, and the request arrives while its sender is looking at the tails again */
  | 'arrives late'
  /** the answer is lost, and the request arrives after its sender has sent it again */
  | 'arrives twice'
  /** the same, but long after */
  | 'arrives very late'
  /** some partitions refuse */
  | 'refused';

export interface StoredRecord {
  readonly source: string | null;
  readonly sequence: number;
  readonly value: string;
}

interface Log {
  low: number;
  records: StoredRecord[];
  /** by producer id: the sequence that comes next, and where its last batch was appended */
  producers: Map<bigint, { next: number; lastFirst: number; lastCount: number; lastOffset: number }>;
}

export class FakeKafka {
  readonly topics = new Map<string, Log[]>();
  readonly faults: Fault[] = [];
  /** Batches on their way, and after how many calls they arrive. */
  #late: { batches: readonly Batch[]; calls: number }[] = [];
  #producerIds = 0n;

  /** A client's port. It may die after some more calls: the last one still happens, but its answer is lost. */
  port(): KafkaPort & { dieAfter(calls: number): void } {
    let callsLeft = Infinity;
    const call = async <T>(work: () => T): Promise<T> => {
      if (callsLeft-- <= 0) throw new Error('this client is dead');
      this.#arrive();
      const result = work();
      if (callsLeft <= 0) throw new Error('this client died');
      return result;
    };
    return {
      ensureTopics: (wanted) => call(() => this.#ensureTopics(wanted)),
      bounds: (topics) =>
        call(() => {
          const found = topics.filter((topic) => this.topics.has(topic));
          return new Map(found.map((topic) => [topic, this.topics.get(topic)!.map(boundsOf)]));
        }),
      scan: (topic, partition, from, to, visit) => call(() => this.#scan(topic, partition, from, to, visit)),
      newProducerId: () => call(() => ({ producerId: ++this.#producerIds, epoch: 0 })),
      produce: (batches) => call(() => this.#produce(batches)),
      reset: () => undefined,
      onLost: () => undefined,
      dieAfter: (calls) => {
        callsLeft = calls;
        // What a process sent before it died is with the broker before the next process has connected and settled.
        if (calls === 0) for (const late of this.#late) late.calls = Math.min(late.calls, 2);
      },
    };
  }

  records(topic: string, partition: number): readonly StoredRecord[] {
    return this.topics.get(topic)?.[partition]?.records ?? [];
  }

  /** A broker that lost what it had not yet on disk. */
  cut(topic: string, partition: number, records: number): void {
    const log = this.topics.get(topic)?.[partition];
    if (log === undefined) return;
    log.records.length = Math.max(0, log.records.length - records);
    log.producers.clear();
  }

  #ensureTopics(wanted: ReadonlyMap<string, number>): Map<string, number> {
    for (const [topic, partitions] of wanted)
      if (!this.topics.has(topic)) this.topics.set(topic, Array.from({ length: partitions }, emptyLog));
    return new Map([...wanted.keys()].map((topic) => [topic, this.topics.get(topic)!.length]));
  }

  #scan(topic: string, partition: number, from: number, to: number, visit: (record: ScannedRecord) => void): void {
    for (const { source, sequence } of this.topics.get(topic)![partition]!.records.slice(from, to))
      if (source !== null) visit({ source, sequence });
  }

  #produce(batches: readonly Batch[]): ProduceResult[] {
    const fault = this.faults.shift() ?? 'none';
    if (fault === 'none') return batches.map((batch) => this.#append(batch));
    if (fault === 'refused')
      return batches.map((batch, index) =>
        index % 2 === 0
          ? { kind: 'refused', error: 'NOT_LEADER_FOR_PARTITION', because: 'passing' }
          : this.#append(batch),
      );
    if (fault === 'answer lost') for (const batch of batches) this.#append(batch);
    if (fault === 'half appended') for (const batch of batches.slice(0, batches.length / 2)) this.#append(batch);
    if (fault === 'arrives late') this.#late.push({ batches, calls: 2 });
    if (fault === 'arrives twice') this.#late.push({ batches, calls: 4 });
    if (fault === 'arrives very late') this.#late.push({ batches, calls: 12 });
    throw new Error(fault);
  }

  #arrive(): void {
    for (const late of this.#late) late.calls--;
    for (const { batches } of this.#late.filter(({ calls }) => calls <= 0))
      for (const batch of batches) this.#append(batch);
    this.#late = this.#late.filter(({ calls }) => calls > 0);
  }

  /** The rules of Kafka's ProducerStateManager, for the last batch only. */
  #append(batch: Batch): ProduceResult {
    const log = this.topics.get(batch.topic)![batch.partition]!;
    const { producerId, firstSequence } = batch.identity;
    const known = log.producers.get(producerId);
    if (known !== undefined && firstSequence !== known.next) {
      const isSame = firstSequence === known.lastFirst && batch.count === known.lastCount;
      if (isSame) return { kind: 'appended', baseOffset: known.lastOffset };
      return { kind: 'refused', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', because: 'identity' };
    }
    const baseOffset = log.records.length;
    log.producers.set(producerId, {
      next: firstSequence + batch.count,
      lastFirst: firstSequence,
      lastCount: batch.count,
      lastOffset: baseOffset,
    });
    for (const { source, records } of batch.runs)
      for (const { sequence, value } of records) log.records.push({ source, sequence, value: value.toString() });
    return { kind: 'appended', baseOffset };
  }
}

function emptyLog(): Log {
  return { low: 0, records: [], producers: new Map() };
}

function boundsOf(log: Log): { low: number; high: number } {
  return { low: log.low, high: log.records.length };
}
