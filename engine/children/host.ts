/**
 * The inside of a forked process: wraps a room's handle in the protocol. A room knows nothing of processes; this knows
 * nothing of rooms.
 */
import { problemOf } from '../errors.ts';
import type { Log } from '../logs.ts';
import type { AnswerOf, FromChild, InputOf, Question, Role, ToChild, Usage } from './protocol.ts';

export interface Room<R extends Role> {
  readonly info: R['info'];
  /** Cheap: called each second. */
  metrics(): R['metrics'];
  /** What it uses outside this process, in another program: undefined where the system does not tell. */
  usageBeside?(): Pick<Usage, 'rssBytes' | 'cpuMs'> | undefined;
  readonly asks: { readonly [Q in Question<R>]: (input: InputOf<R, Q>) => Promise<AnswerOf<R, Q>> | AnswerOf<R, Q> };
  /** Drains, commits, closes. */
  stop(): Promise<void>;
}

export interface ChildContext<R extends Role> {
  readonly log: Log;
  /** Tells the engine something unasked. */
  tell(event: R['event']): void;
}

export type StartRoom<R extends Role> = (config: R['config'], context: ChildContext<R>) => Promise<Room<R>>;

const metricsEveryMs = 1_000;
const termMsMax = 2_000;

/** Runs the process. Call it once, at the top of an entry point. */
export const hostChild = <R extends Role>(start: StartRoom<R>): void => {
  if (!process.send) {
    process.stderr.write('This file is a process of the engine and is not started by hand: use `npm start`.\n');
    process.exit(2);
  }
  let room: Promise<Room<R>> | undefined;
  const context: ChildContext<R> = {
    log: (level, message, fields) =>
      send({ kind: 'log', line: { atMs: Date.now(), level, message, ...(fields && { fields: { ...fields } }) } }),
    tell: (event) => send({ kind: 'event', event }),
  };
  const begin = async (config: R['config']): Promise<Room<R>> => {
    const started = await start(config, context);
    ready = true;
    send({ kind: 'ready', info: started.info });
    // Never awaited by anything: the first figures should not wait a whole second.
    const report = (): void => sendMetrics(started.metrics(), started.usageBeside?.());
    report();
    setInterval(report, metricsEveryMs);
    return started;
  };

  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  // Ctrl-C reaches the whole group of processes: the engine alone decides, and stops the others in their order.
  process.on('SIGINT', () => undefined);
  if (process.platform !== 'win32') process.on('SIGHUP', () => undefined);
  // A shutdown of the computer sends this to all processes: the engine is given the time to stop this one in its turn.
  process.on('SIGTERM', () => void setTimeout(() => void leave(room, 0), termMsMax));
  process.on('disconnect', () => void leave(room, 0));
  process.on('message', (message: ToChild) => {
    if (message.kind === 'start') {
      room = begin(message.config as R['config']);
      room.catch(fail);
    } else if (message.kind === 'ask') void answer(room, message);
    else void leave(room, 0);
  });
};

/** Tells why, and ends. */
const fail = (error: unknown): void => {
  if (process.env['TIFFIN_DEBUG']) console.error(error);
  send({ kind: 'failed', problem: problemOf(error) }, () => process.exit(1));
  setTimeout(() => process.exit(1), 500).unref();
};

const send = (message: FromChild, done?: () => void): void => {
  if (process.connected) process.send!(message, undefined, undefined, () => done?.());
  else done?.();
};

const sendMetrics = (metrics: unknown, { rssBytes, cpuMs } = { rssBytes: 0, cpuMs: 0 }): void => {
  const { user, system } = process.cpuUsage();
  const usage = {
    rssBytes: process.memoryUsage.rss() + rssBytes,
    cpuMs: (user + system) / 1000 + cpuMs,
    atMs: Date.now(),
  };
  send({ kind: 'metrics', usage, metrics });
};

const answer = async (room: Promise<Room<Role>> | undefined, message: ToChild & { kind: 'ask' }): Promise<void> => {
  const { id, question, input } = message;
  try {
    const asks = (await room)?.asks ?? {};
    const handler = asks[question];
    if (!handler) throw new Error(`this process has no answer to '${question}'`);
    send({ kind: 'answer', id, ok: true, value: await handler(input) });
  } catch (error) {
    if (process.env['TIFFIN_DEBUG']) console.error(error);
    send({ kind: 'answer', id, ok: false, problem: problemOf(error) });
  }
};

/** Has `ready` been told? A room that is still starting holds nothing that would have to be handed on. */
let ready = false;
let leaving = false;
/** Stops the room and ends the process. A room that does not come to an end is ended by the engine, or by the clock. */
const leave = async (room: Promise<Room<Role>> | undefined, code: number): Promise<void> => {
  if (leaving) return;
  leaving = true;
  if (!process.connected) setTimeout(() => process.exit(1), 3_000).unref();
  if (!ready) process.exit(code);
  try {
    await (await room)?.stop();
    process.exit(code);
  } catch (error) {
    send({ kind: 'failed', problem: problemOf(error) }, () => process.exit(1));
  }
};
