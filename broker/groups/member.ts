/** A member of a classic consumer group, and what it may be waiting for. */
export interface Protocol {
  readonly name: string;
  readonly metadata: Buffer;
}

/** Requests are views of a buffer that is used again: what is kept must be copied. */
export const copied = (protocols: readonly Protocol[]): Protocol[] =>
  protocols.map((one) => ({ name: one.name, metadata: Buffer.from(one.metadata) }));

export interface JoinAnswer {
  readonly errorCode: number;
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leader: string;
  readonly skipAssignment?: boolean;
  readonly memberId: string;
  readonly members: { memberId: string; groupInstanceId: string | null; metadata: Buffer }[];
}

export interface SyncAnswer {
  readonly errorCode: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Buffer;
}

export interface MemberIdentity {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

export const NO_BYTES = Buffer.alloc(0);

/** The answer to a member that cannot join. */
export const joinError = (errorCode: number, memberId: string): JoinAnswer => ({
  errorCode,
  generationId: -1,
  protocolType: null,
  protocolName: null,
  leader: '',
  memberId,
  members: [],
});

/** The answer to a member that gets no assignment. */
export const syncError = (errorCode: number): SyncAnswer => ({
  errorCode,
  protocolType: null,
  protocolName: null,
  assignment: NO_BYTES,
});

export class Member {
  memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  protocols: readonly Protocol[];
  assignment: Buffer = NO_BYTES;
  private join: ((answer: JoinAnswer) => void) | undefined;
  private sync: ((answer: SyncAnswer) => void) | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(identity: MemberIdentity, protocols: readonly Protocol[]) {
    this.memberId = identity.memberId;
    this.instanceId = identity.instanceId;
    this.clientId = identity.clientId;
    this.clientHost = identity.clientHost;
    this.sessionTimeoutMs = identity.sessionTimeoutMs;
    this.rebalanceTimeoutMs = identity.rebalanceTimeoutMs;
    this.protocols = protocols;
  }

  get isJoining(): boolean {
    return this.join !== undefined;
  }
  get isSyncing(): boolean {
    return this.sync !== undefined;
  }

  metadataFor(protocol: string | null): Buffer {
    return this.protocols.find((one) => one.name === protocol)?.metadata ?? NO_BYTES;
  }

  hasSameProtocols(protocols: readonly Protocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every((one, at) => {
        const mine = this.protocols[at]!;
        return one.name === mine.name && one.metadata.equals(mine.metadata);
      })
    );
  }

  /** Waits for the end of the rebalance. A join that was still waiting is told that its place was taken. */
  awaitJoin(replaced: JoinAnswer): Promise<JoinAnswer> {
    this.join?.(replaced);
    return new Promise((resolve) => {
      this.join = resolve;
    });
  }

  answerJoin(answer: JoinAnswer): void {
    const { join } = this;
    this.join = undefined;
    join?.(answer);
  }

  awaitSync(replaced: SyncAnswer): Promise<SyncAnswer> {
    this.sync?.(replaced);
    return new Promise((resolve) => {
      this.sync = resolve;
    });
  }

  answerSync(answer: SyncAnswer): void {
    const { sync } = this;
    this.sync = undefined;
    sync?.(answer);
  }

  /** Starts the session anew; `expired` is called if nothing is heard for its time. */
  alive(expired: () => void): void {
    if (this.timer !== undefined) {
      this.timer.refresh();
      return;
    }
    const timer = setTimeout(() => {
      // One that waits for us cannot be expected to send heartbeats.
      if (this.isJoining || this.isSyncing) timer.refresh();
      else expired();
    }, this.sessionTimeoutMs);
    this.timer = timer;
  }

  gone(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
