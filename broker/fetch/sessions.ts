/**
 * Incremental fetch sessions (KIP-227): the broker remembers what a consumer fetches, so that requests carry only what
 * has changed, and answers only partitions with news.
 */
import { ErrorCode } from '../errors.ts';

const SESSIONS_MAX = 1000;
const FINAL_EPOCH = -1;
const INITIAL_EPOCH = 0;

/** One partition that a consumer wants, as it last said. */
export interface WantedPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  fetchOffset: number;
  maxBytes: number;
  currentLeaderEpoch: number;
  lastFetchedEpoch: number;
  /** What was last told; an answer leaves out a partition of which there is nothing new. */
  told: { highWatermark: number; lastStableOffset: number; startOffset: number } | undefined;
}

export interface FetchSession {
  readonly id: number;
  nextEpoch: number;
  /** In order of turn: who was served moves to the end, so that all get their share of a limited answer. */
  readonly wanted: Map<string, WantedPartition>;
}

export type SessionAnswer =
  | { readonly kind: 'full'; readonly session: FetchSession | undefined; readonly wanted: WantedPartition[] }
  | { readonly kind: 'incremental'; readonly session: FetchSession; readonly wanted: WantedPartition[] }
  | { readonly kind: 'refused'; readonly errorCode: number };

export interface FetchClaim {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly wanted: WantedPartition[];
  readonly forgotten: readonly { readonly topic: string; readonly topicId: string; readonly partition: number }[];
}

const keyOf = (one: { topic: string; topicId: string; partition: number }): string =>
  `${one.topic === '' ? one.topicId : one.topic}/${one.partition}`;

export class FetchSessions {
  private readonly sessions = new Map<number, FetchSession>();
  private lastId = 0;

  get size(): number {
    return this.sessions.size;
  }

  /** What a session is about; nothing if there is no such session. */
  wantedIn(sessionId: number): Iterable<WantedPartition> {
    return this.sessions.get(sessionId)?.wanted.values() ?? [];
  }

  /** Decides what a fetch request means: everything it lists, or a session's partitions as changed by it. */
  resolve(claim: FetchClaim): SessionAnswer {
    if (claim.sessionEpoch === FINAL_EPOCH || claim.sessionEpoch === INITIAL_EPOCH) {
      if (claim.sessionId !== 0) this.sessions.delete(claim.sessionId);
      const session = claim.sessionEpoch === INITIAL_EPOCH ? this.create(claim.wanted) : undefined;
      return { kind: 'full', session, wanted: claim.wanted };
    }
    const session = this.sessions.get(claim.sessionId);
    if (session === undefined) return { kind: 'refused', errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
    if (claim.sessionEpoch !== session.nextEpoch)
      return { kind: 'refused', errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH };
    session.nextEpoch = session.nextEpoch === 2147483647 ? 1 : session.nextEpoch + 1;
    this.touch(session);
    update(session, claim);
    return { kind: 'incremental', session, wanted: [...session.wanted.values()] };
  }

  private create(wanted: readonly WantedPartition[]): FetchSession | undefined {
    if (wanted.length === 0) return undefined;
    if (this.sessions.size >= SESSIONS_MAX) this.sessions.delete(this.sessions.keys().next().value!);
    this.lastId = (this.lastId % 2147483647) + 1;
    const session = { id: this.lastId, nextEpoch: 1, wanted: new Map(wanted.map((one) => [keyOf(one), one])) };
    this.sessions.set(session.id, session);
    return session;
  }

  private touch(session: FetchSession): void {
    this.sessions.delete(session.id);
    this.sessions.set(session.id, session);
  }
}

const update = (session: FetchSession, claim: FetchClaim): void => {
  for (const one of claim.forgotten) session.wanted.delete(keyOf(one));
  for (const one of claim.wanted) {
    const known = session.wanted.get(keyOf(one));
    if (known === undefined) session.wanted.set(keyOf(one), one);
    else {
      known.fetchOffset = one.fetchOffset;
      known.maxBytes = one.maxBytes;
      known.currentLeaderEpoch = one.currentLeaderEpoch;
      known.lastFetchedEpoch = one.lastFetchedEpoch;
    }
  }
};

/** Lets those that were not served come first next time. */
export const rotate = (session: FetchSession, served: readonly WantedPartition[]): void => {
  for (const one of served) {
    session.wanted.delete(keyOf(one));
    session.wanted.set(keyOf(one), one);
  }
};
