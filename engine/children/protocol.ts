/**
 * The messages between the engine and its processes, over the channel that `child_process.fork` opens.
 *
 * parent → child: `start` (plain data; once), `ask`, `stop`.
 * child → parent: `ready`, `metrics` (each second), `answer`, `event`, `log`, `failed` (then it exits with 1).
 * A child whose channel closes exits: it never outlives the engine. All of it is JSON.
 */
import type { LogLine, Problem } from '../contract/index.ts';

/** What one kind of process is: the shapes of its messages. */
export interface Role {
  /** What `start` carries. */
  readonly config: unknown;
  /** What `ready` tells, e.g. the port it listens on. */
  readonly info: unknown;
  readonly metrics: unknown;
  /** question → its input and answer */
  readonly asks: Readonly<Record<string, { readonly input: unknown; readonly answer: unknown }>>;
  /** What it tells unasked. */
  readonly event: unknown;
}

export type Question<R extends Role> = keyof R['asks'] & string;
export type InputOf<R extends Role, Q extends Question<R>> = R['asks'][Q]['input'];
export type AnswerOf<R extends Role, Q extends Question<R>> = R['asks'][Q]['answer'];

export type ToChild =
  | { readonly kind: 'start'; readonly config: unknown }
  | { readonly kind: 'ask'; readonly id: number; readonly question: string; readonly input: unknown }
  | { readonly kind: 'stop' };

/** What a process uses. `cpuMs` is cumulative since it began. */
export interface Usage {
  readonly rssBytes: number;
  readonly cpuMs: number;
  readonly atMs: number;
}

export type FromChild =
  | { readonly kind: 'ready'; readonly info: unknown }
  | { readonly kind: 'metrics'; readonly usage: Usage; readonly metrics: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly ok: false; readonly problem: Problem }
  | { readonly kind: 'event'; readonly event: unknown }
  | { readonly kind: 'log'; readonly line: Omit<LogLine, 'process'> }
  | { readonly kind: 'failed'; readonly problem: Problem };
