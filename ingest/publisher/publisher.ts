/**
 * The ordered-source publisher: appends the records of ordered sources to Kafka, each exactly once, whatever dies on the way.
 *
 * The truth about what was appended is in Kafka itself: each record carries its source and sequence. Before anything is
 * appended to a partition, its tail is known; after an outcome that nobody knows (a lost connection, a time-out), it is read
 * again. What Kafka has already is dropped. One group of publications is under way at a time, so that nothing else appends
 * for a source while a tail is being read.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, type Log, messageOf } from '../failure.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type Plan, plan, type PlannedBatch, type Publication } from './plan.ts';
import { type Job, type Outcome, takeGroup } from './queue.ts';
import { appended, Positions } from './positions.ts';
import type { Batch, KafkaPort } from './port.ts';
import { recover } from './recover.ts';

export type { Outcome } from './queue.ts';

export interface PublisherConfig {
  readonly port: KafkaPort;
  readonly checkpoint: Checkpoint;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** of topics that have to be created */
  readonly partitions: number;
  /** A publication fails when Kafka was away for so long. */
  readonly patienceMs?: number;
  /** A partition's end has to stand still for so long before its tail counts as read. */
  readonly settleMs?: number;
  /** The first pause after a failure; each next one is twice as long, up to a second. */
  readonly retryMs?: number;
  readonly batchBytesMax?: number;
}

const probeEveryMs = 500;
/** While Kafka is away, a publication waits only for so long whether it comes back. */
const awayPatienceMs = 1_000;
/** A topic that was there and is not any more counts as deleted after so long: a broker that starts may not know all at once. */
const missingTopicMs = 3_000;
const defaults = { patienceMs: 5_000, settleMs: 50, retryMs: 50, batchBytesMax: 900_000 };

export class Publisher {
  readonly #config: Required<PublisherConfig>;
  readonly #positions = new Positions();
  readonly #queue: Job[] = [];
  #identity: { producerId: bigint; epoch: number } | null = null;
  #state: 'connecting' | 'connected' | 'away' = 'connecting';
  #problem: string | null = null;
  #failures = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #scheduled = false;
  #probing = false;
  /** Topics that exist for sure on this connection. */
  readonly #opened = new Set<string>();
  readonly #missingSinceMs = new Map<string, number>();
  readonly #duplicates = new Map<string, number>();
  #stopped = false;
  readonly #prober: NodeJS.Timeout;

  constructor(config: PublisherConfig) {
    this.#config = { ...defaults, ...config };
    config.checkpoint.load(this.#positions);
    config.port.onLost((reason) => this.#failed(reason));
    this.#prober = setInterval(() => this.#probe(), probeEveryMs);
    this.#probe();
  }

  get kafka(): { readonly state: 'connecting' | 'connected' | 'away'; readonly problem: string | null } {
    return { state: this.#state, problem: this.#problem };
  }

  /** Publishes records of one source. Resolves when all of them are in Kafka; rejects with KAFKA_AWAY when that is not known. */
  publish(publication: Publication): Promise<Outcome> {
    if (this.#stopped) return Promise.reject(stopping());
    const { patienceMs, now } = this.#config;
    const deadlineMs = now() + (this.#state === 'away' ? Math.min(awayPatienceMs, patienceMs) : patienceMs);
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...publication, deadlineMs, duplicates: null, rounds: null, resolve, reject });
      this.#schedule();
    });
  }

  /** Everything below is in Kafka; 0 for a source that is not known. Rejects with KAFKA_AWAY while that cannot be known. */
  async nextSequence(source: string): Promise<number> {
    if (this.#stopped) throw stopping();
    if (this.#state !== 'connected') await this.#exclusive(() => this.#connect().catch((error) => this.#failed(error)));
    if (this.#state !== 'connected') throw this.#away();
    return this.#positions.nextSequence.get(source) ?? 0;
  }

  /** By topic, since the start: records that were appended, and records that were in Kafka already. */
  totals(): Map<string, { accepted: number; duplicates: number }> {
    const totals = [...this.#positions.topics].map(([topic, states]) => {
      const accepted = states.reduce((sum, state) => sum + state.appended, 0);
      return [topic, { accepted, duplicates: this.#duplicates.get(topic) ?? 0 }] as const;
    });
    return new Map(totals);
  }

  /** The last sequence of a source in any partition of these topics; -1 for none. */
  async lastSequence(source: string, topics: readonly string[]): Promise<number> {
    if (this.#stopped) throw stopping();
    return this.#exclusive(async () => {
      await this.#openTopics(topics);
      await this.#recover();
      const states = topics.flatMap((topic) => this.#positions.topics.get(topic) ?? []);
      return Math.max(-1, ...states.map((state) => state.last.get(source) ?? -1));
    });
  }

  /** Waits for what is under way and queued, as long as Kafka takes it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#prober);
    while (this.#queue.length > 0 || this.#scheduled) await this.#tail;
    await this.#tail;
    this.#config.port.reset();
  }

  /** One thing at a time touches Kafka and the positions. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    void this.#exclusive(async () => {
      this.#scheduled = false;
      const group = takeGroup(this.#queue);
      if (this.#queue.length > 0) this.#schedule();
      await this.#deliver(group);
    });
  }

  async #deliver(group: readonly Job[]): Promise<void> {
    let jobs = group;
    for (let attempt = 0; jobs.length > 0; attempt++) {
      try {
        return await this.#attempt(jobs);
      } catch (error) {
        this.#failed(error);
        jobs = this.#dropExpired(jobs);
      }
      if (jobs.length > 0) await sleep(Math.min(1_000, this.#config.retryMs * 2 ** attempt));
    }
  }

  async #attempt(jobs: readonly Job[]): Promise<void> {
    await this.#openTopics(new Set(jobs.flatMap((job) => job.records).map((record) => record.topic)));
    await this.#connect();
    const ready = jobs.filter((job) => !this.#refuseGap(job));
    for (const round of this.#plan(ready)) await this.#send(round.filter((planned) => !planned.isAppended));
    this.#save(new Set(ready.flatMap((job) => this.#advance(job))));
    for (const job of ready) this.#complete(job);
  }

  #plan(jobs: readonly Job[]): Plan['rounds'] {
    const kept = jobs[0]?.rounds;
    if (kept) return kept;
    const { rounds, duplicates } = plan(jobs, this.#positions, this.#config.batchBytesMax);
    for (const [index, job] of jobs.entries()) {
      job.duplicates ??= duplicates[index]!;
      if (job.source === null) job.rounds = rounds;
    }
    return rounds;
  }

  /** Everything below the job's next sequence is in Kafka now. */
  #advance(job: Job): string[] {
    if (job.source === null) return [];
    const before = this.#positions.nextSequence.get(job.source) ?? 0;
    this.#positions.nextSequence.set(job.source, Math.max(before, job.nextSequence));
    return [job.source];
  }

  #refuseGap(job: Job): boolean {
    const nextSequence = job.source === null ? Infinity : (this.#positions.nextSequence.get(job.source) ?? 0);
    if (job.firstSequence <= nextSequence) return false;
    job.resolve({ kind: 'gap', nextSequence });
    return true;
  }

  async #connect(): Promise<void> {
    await this.#recover();
    this.#identity ??= await this.#config.port.newProducerId();
    await this.#sendUnsure();
    if (this.#failures >= 2) this.#config.log('info', 'Kafka is back');
    this.#failures = 0;
    this.#missingSinceMs.clear();
    this.#state = 'connected';
    this.#problem = null;
  }

  async #openTopics(topics: Iterable<string>): Promise<void> {
    const missing = [...topics].filter((topic) => !this.#opened.has(topic));
    if (missing.length === 0) return;
    const partitions = (topic: string): number => this.#positions.topics.get(topic)?.length ?? this.#config.partitions;
    const counts = await this.#config.port.ensureTopics(new Map(missing.map((topic) => [topic, partitions(topic)])));
    for (const [topic, count] of counts) {
      this.#positions.openTopic(topic, count);
      this.#opened.add(topic);
    }
    this.#save([]); // how many partitions a topic is used with has to be known before it is used
  }

  async #recover(): Promise<void> {
    const { port, settleMs, log } = this.#config;
    const losses = await recover(this.#positions, port, settleMs, (topic) => this.#isGone(topic));
    if (losses.length === 0) return;
    this.#forgetIdentity(); // Kafka may have forgotten it as well
    this.#save([]);
    for (const { topic, partition, sources } of losses)
      log('warn', `${topic}/${partition} has lost records that were there; their sources send them again`, { sources });
  }

  #isGone(topic: string): boolean {
    const nowMs = this.#config.now();
    const sinceMs = this.#missingSinceMs.get(topic) ?? nowMs;
    this.#missingSinceMs.set(topic, sinceMs);
    return nowMs - sinceMs >= missingTopicMs;
  }

  async #send(round: readonly PlannedBatch[]): Promise<void> {
    for (const planned of round) planned.state.unsure = this.#identify(planned);
    await this.#sendUnsure();
  }

  /**
   * Sends what was sent before, or is new, exactly as it was: under the same producer sequence the broker recognises it, should
   * the first request still be on its way. So even what nobody waits for any more has to arrive before anything else.
   */
  async #sendUnsure(): Promise<void> {
    const unsure = [...this.#positions.partitions()].filter((state) => state.unsure !== null);
    if (unsure.length === 0) return;
    await this.#openTopics(new Set(unsure.map((state) => state.topic)));
    const batches = unsure.map((state) => state.unsure!);
    const results = await this.#config.port.produce(batches);
    const errors = results.flatMap((result, index) => {
      const state = unsure[index]!;
      if (result.kind === 'appended') appended(state, batches[index]!, result.baseOffset);
      else if (result.because === 'content') state.unsure = null;
      return result.kind === 'refused' ? [`${state.topic}/${state.partition}: ${result.error}`] : [];
    });
    if (results.some((result) => result.kind === 'refused' && result.because === 'identity')) this.#forgetIdentity();
    if (errors.length > 0) throw new Failure('KAFKA_REFUSED', `Kafka refused ${errors.join(', ')}`, 'See its log.');
  }

  #identify(planned: PlannedBatch): Batch {
    const { state, runs, count } = planned;
    const identity = { ...this.#identity!, firstSequence: state.producerSequence };
    return { topic: state.topic, partition: state.partition, runs, count, planned, identity };
  }

  #complete(job: Job): void {
    let duplicates = 0;
    for (const [topic, count] of job.duplicates ?? []) {
      this.#duplicates.set(topic, (this.#duplicates.get(topic) ?? 0) + count);
      duplicates += count;
    }
    job.resolve({
      kind: 'published',
      accepted: job.records.length - duplicates,
      duplicates,
      nextSequence:
        (job.source === null ? undefined : this.#positions.nextSequence.get(job.source)) ?? job.nextSequence,
    });
  }

  #failed(error: unknown): void {
    this.#failures++;
    // The first failure is everyday life: a topic that was made a moment ago, a broker that restarts.
    if (this.#failures === 2) this.#config.log('warn', `Kafka is away: ${messageOf(error)}`);
    if (this.#failures >= 2) this.#state = 'away';
    else if (this.#state === 'connected') this.#state = 'connecting';
    this.#problem = messageOf(error);
    this.#config.port.reset();
    this.#opened.clear();
    for (const state of this.#positions.partitions()) state.known = false;
  }

  #forgetIdentity(): void {
    this.#identity = null;
    this.#positions.forgetProducer();
  }

  #dropExpired(jobs: readonly Job[]): Job[] {
    const nowMs = this.#config.now();
    const expired = jobs.filter((job) => this.#stopped || job.deadlineMs <= nowMs);
    for (const job of expired) job.reject(this.#away());
    return jobs.filter((job) => !expired.includes(job));
  }

  #away(): Failure {
    return new Failure(
      'KAFKA_AWAY',
      `Kafka does not take records now (${this.#problem ?? 'not connected yet'}).`,
      'Send the same again in a moment: what has arrived is recognised and not stored twice.',
    );
  }

  #probe(): void {
    if (this.#state === 'connected' || this.#scheduled || this.#probing) return;
    this.#probing = true;
    void this.#exclusive(async () => {
      await this.#connect().catch((error) => this.#failed(error));
      this.#probing = false;
    });
  }

  #save(sources: Iterable<string>): void {
    const { nextSequence, lowered } = this.#positions;
    const touched = [...this.#positions.partitions()].filter((state) => state.touched);
    const changed = new Set([...sources, ...lowered]);
    this.#config.checkpoint.save(
      touched,
      new Map([...changed].map((source) => [source, nextSequence.get(source) ?? 0])),
    );
    for (const state of touched) state.touched = false;
    lowered.clear();
  }
}

function stopping(): Failure {
  return new Failure('STOPPING', 'The gateway is stopping.', 'Send the same again when it is back.');
}
