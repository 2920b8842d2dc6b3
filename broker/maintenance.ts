/** What is done from time to time: old records, offsets and transactions go, logs are compacted. One run at a time. */
import type { Topic } from './catalog/catalog.ts';
import type { Services } from './context.ts';
import { messageOf } from './errors.ts';
import { compact } from './log/compaction.ts';
import type { PartitionLog } from './log/partition-log.ts';
import { repair } from './log/recovery.ts';
import { retain } from './log/retention.ts';
import { CorruptSegment } from './log/segment.ts';

const TRANSACTIONS_MS = 1000;

export class Maintenance {
  private readonly services: Services;
  private readonly timers: readonly NodeJS.Timeout[];
  private running: Promise<void> | undefined;
  private retainedAtMs: number;

  constructor(services: Services) {
    this.services = services;
    this.retainedAtMs = services.now();
    this.timers = [
      setInterval(() => void this.run(), services.settings.maintenanceMs),
      setInterval(() => this.guard('Transactions', () => this.expireTransactions()), TRANSACTIONS_MS),
    ];
  }

  private guard(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.services.log('error', `${what} could not be looked after: ${messageOf(error)}`);
    }
  }

  private expireTransactions(): void {
    this.services.transactions.expire(this.services.now());
  }

  /** What is due; `all`: everything, after what may be under way already. */
  async run(all = false): Promise<void> {
    if (all) await this.running;
    this.running ??= this.runOnce(all).finally(() => {
      this.running = undefined;
    });
    await this.running;
  }

  /** Old records go only now and then, as in Kafka: who writes old timestamps has the time to read what was written. */
  private mustRetain(): boolean {
    const { now, settings } = this.services;
    const isDue = now() - this.retainedAtMs >= settings.retentionCheckMs;
    if (isDue) this.retainedAtMs = now();
    return isDue;
  }

  private async runOnce(all: boolean): Promise<void> {
    const { catalog, groups, now } = this.services;
    const retains = this.mustRetain() || all;
    this.guard('Transactions', () => this.expireTransactions());
    this.guard('Groups', () => groups.expire(now()));
    for (const topic of catalog.all()) {
      for (const log of topic.logs) await this.tend(topic, log, retains);
    }
  }

  private async tend(topic: Topic, log: PartitionLog, retains: boolean): Promise<void> {
    const { now, log: say } = this.services;
    try {
      if (retains && !log.isClosed) retain(log, topic.settings, now());
      const savedBytes =
        topic.settings.compacts && !log.isClosed ? await compact(log, topic.settings, now()) : undefined;
      if (savedBytes !== undefined) say('debug', `${log.options.dir} was compacted: ${savedBytes} bytes less`);
    } catch (error) {
      if (error instanceof CorruptSegment) repair(log, error.segment, error.position);
      else if (!log.isClosed) say('error', `${log.options.dir} could not be looked after: ${messageOf(error)}`);
    }
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.running;
  }
}
