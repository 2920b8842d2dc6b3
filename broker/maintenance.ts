/** What is done from time to time: old offsets, transactions and producers are let go. One run at a time. */
import type { Services } from './context.ts';
import { messageOf } from './errors.ts';

const TRANSACTIONS_MS = 1000;

export class Maintenance {
  private readonly services: Services;
  private readonly timers: readonly NodeJS.Timeout[];
  private running: Promise<void> | undefined;

  constructor(services: Services) {
    this.services = services;
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

  run(): Promise<void> {
    this.running ??= this.runOnce().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async runOnce(): Promise<void> {
    const { groups, now } = this.services;
    this.guard('Transactions', () => this.expireTransactions());
    this.guard('Groups', () => groups.expire(now()));
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.running;
  }
}
