/**
 * Faults on demand: rules that delay, drop, disconnect or refuse requests, by API, topic, client and probability.
 * None is set unless somebody who holds the broker's handle sets it; the network cannot.
 */
import type { Request } from './requests.ts';

export type FaultEffect =
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** The request is not handled and not answered. */
  | { readonly kind: 'drop' }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'error'; readonly errorCode: number };

export interface FaultRule {
  readonly id: string;
  /** Name of an API, say `Produce`; all if not given. */
  readonly api?: string;
  readonly topic?: string;
  readonly clientId?: string;
  /** Share of the matching requests that it strikes: 0 to 1, 1 if not given. */
  readonly probability?: number;
  readonly effect: FaultEffect;
}

export interface ActiveFault extends FaultRule {
  readonly struck: number;
}

export class Faults {
  private rules: { rule: FaultRule; struck: number }[] = [];
  private readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  /** Sets a rule; one of the same id is replaced. */
  set(rule: FaultRule): void {
    this.rules = [...this.rules.filter((one) => one.rule.id !== rule.id), { rule, struck: 0 }];
  }
  remove(id: string): void {
    this.rules = this.rules.filter((one) => one.rule.id !== id);
  }
  clear(): void {
    this.rules = [];
  }
  list(): ActiveFault[] {
    return this.rules.map(({ rule, struck }) => ({ ...rule, struck }));
  }

  /** What shall happen to a request; usually nothing. `topics` is asked only if a rule wants to know. */
  for(request: Request, topics: () => ReadonlySet<string>): FaultEffect | undefined {
    for (const entry of this.rules) {
      if (!matches(entry.rule, request, topics) || this.random() >= (entry.rule.probability ?? 1)) continue;
      entry.struck++;
      return entry.rule.effect;
    }
    return undefined;
  }
}

const matches = (rule: FaultRule, request: Request, topics: () => ReadonlySet<string>): boolean =>
  (rule.api === undefined || rule.api === request.api.name) &&
  (rule.clientId === undefined || rule.clientId === request.clientId) &&
  (rule.topic === undefined || topics().has(rule.topic));
