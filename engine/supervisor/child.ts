/**
 * One supervised process: forked, started from plain data, watched, restarted with back-off when it dies, stopped on request.
 *
 *   idle → starting → running ─dies→ restarting → starting …
 *                 any ─stop→ stopping → stopped
 *
 * `failed` is the waiting state of a process that told why it cannot start (a broken SQL file, a full disk): it is tried
 * again all the same, since the cause may go away.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { Problem, ProcessName, ProcessPhase, ProcessState } from '../contract/index.ts';
import type { AnswerOf, FromChild, InputOf, Question, Role, ToChild, Usage } from '../children/protocol.ts';
import { errorOf, TiffinError } from '../errors.ts';
import type { Log, Logs } from '../logs.ts';
import { OpenAsks } from './asks.ts';
import { Backoff, type BackoffOptions } from './backoff.ts';

export interface ChildOptions {
  readonly name: ProcessName;
  /** Path of the entry point. */
  readonly entry: string;
  readonly execArgv: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly logs: Logs;
  readonly backoff?: BackoffOptions;
  readonly startMsMax?: number;
  readonly stopMsMax?: number;
  /** A running process that says nothing for so long is taken for hung, and killed. */
  readonly silentMsMax?: number;
}

export interface AskOptions {
  /** Ask again when the process dies before it answers. For questions that may be asked twice. */
  readonly retry?: boolean;
}

const defaults = { startMsMax: 60_000, stopMsMax: 6_000, silentMsMax: 60_000 };
const stderrBytesKept = 4_000;
/** A process that never got ready is given up as many times, so that a command that waits for it ends. */
const startsMax = 5;

export class SupervisedChild<R extends Role> {
  readonly name: ProcessName;
  onReady: (info: R['info']) => void = () => undefined;
  onMetrics: (metrics: R['metrics']) => void = () => undefined;
  onEvent: (event: R['event']) => void = () => undefined;
  onDeath: () => void = () => undefined;
  readonly #options: ChildOptions & typeof defaults;
  readonly #log: Log;
  readonly #asks: OpenAsks;
  readonly #backoff: Backoff;
  readonly #first = Promise.withResolvers<R['info']>();
  readonly #eventual = Promise.withResolvers<R['info']>();
  #config: (() => R['config']) | undefined;
  #process: ChildProcess | undefined;
  #phase: ProcessPhase = 'stopped';
  #restarts = 0;
  #startedAtMs: number | null = null;
  #readyAtMs: number | null = null;
  #usage: Usage | undefined;
  #cpuPercent = 0;
  #cpuMsTotal = 0;
  #rssPeakBytes = 0;
  #heardAtMs = 0;
  #problem: Problem | undefined;
  #told = false;
  #stderr = '';
  #timer: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: ChildOptions) {
    this.name = options.name;
    this.#options = { ...defaults, ...options };
    this.#log = options.logs.logOf(options.name);
    this.#asks = new OpenAsks(options.name);
    this.#backoff = new Backoff(options.backoff);
    this.#first.promise.catch(() => undefined);
    this.#eventual.promise.catch(() => undefined);
  }

  get state(): ProcessState {
    const alive = this.#process !== undefined;
    return {
      name: this.name,
      phase: this.#phase,
      pid: this.#process?.pid ?? null,
      restarts: this.#restarts,
      startedAtMs: this.#startedAtMs,
      rssBytes: alive ? (this.#usage?.rssBytes ?? 0) : 0,
      cpuPercent: alive ? this.#cpuPercent : 0,
      ...(this.#problem && { problem: this.#problem }),
    };
  }

  /** Resolves when it is ready for the first time, however often it failed before; rejects when it is stopped. */
  get eventually(): Promise<R['info']> {
    return this.#eventual.promise;
  }

  /** Over all its lives: processor time, and the most memory that a report told of. */
  get totals(): { readonly cpuMs: number; readonly rssPeakBytes: number } {
    return { cpuMs: this.#cpuMsTotal, rssPeakBytes: this.#rssPeakBytes };
  }

  /** Forks already, so that modules load while what it depends on is still starting. */
  launch(): void {
    if (this.#process || this.#phase === 'stopping') return;
    this.#phase = 'starting';
    this.#startedAtMs = Date.now();
    this.#stderr = '';
    this.#told = false;
    const child = fork(this.#options.entry, {
      execArgv: [...this.#options.execArgv],
      env: { ...process.env, ...this.#options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'json',
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#hearText(text));
    }
    this.#log('info', 'started', { pid: child.pid });
    let ended = false;
    const end = (how: string): void => {
      if (ended) return;
      ended = true;
      this.#died(how);
    };
    child.on('message', (message: FromChild) => this.#hear(message));
    child.once('error', (error) => end(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => end(signal ? `was ended by ${signal}` : `ended with exit code ${code}`));
    if (this.#config) this.#begin();
  }

  /**
   * Sends `start`, now and after each restart; `config` is asked each time.
   * Resolves with what the first `ready` told; rejects when the process told, before that, why it cannot start.
   */
  start(config: () => R['config']): Promise<R['info']> {
    this.#config = config;
    if (this.#process) this.#begin();
    else this.launch();
    return this.#first.promise;
  }

  ask<Q extends Question<R>>(question: Q, input: InputOf<R, Q>, options: AskOptions = {}): Promise<AnswerOf<R, Q>> {
    if (this.#phase === 'stopped' || this.#phase === 'stopping')
      return Promise.reject(new TiffinError('STOPPED', `The ${this.name} process is not running.`));
    const send = this.#phase === 'running' ? this.#send : undefined;
    return this.#asks.add(question, input, options.retry ?? false, send) as Promise<AnswerOf<R, Q>>;
  }

  /** SIGKILL, as if it had crashed. */
  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  /** Asks it to end, waits, and kills it when it takes too long. Never rejects. */
  async stop(): Promise<void> {
    const wasReady = this.#phase === 'running';
    this.#phase = 'stopping';
    clearTimeout(this.#timer);
    const child = this.#process;
    if (child) {
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      // One that is still starting holds nothing that would have to be handed on, and may not hear us for a while.
      if (wasReady) this.#send({ kind: 'stop' });
      else child.kill('SIGKILL');
      this.#timer = setTimeout(() => {
        this.#log('warn', `did not stop within ${this.#options.stopMsMax / 1000} s and was killed`);
        child.kill('SIGKILL');
      }, this.#options.stopMsMax);
      await gone;
      clearTimeout(this.#timer);
    }
    clearInterval(this.#watch);
    this.#phase = 'stopped';
    this.#asks.close();
    const stopped = new TiffinError('STOPPED', `The ${this.name} process was stopped before it was ready.`);
    this.#first.reject(stopped);
    this.#eventual.reject(stopped);
  }

  readonly #send = (message: ToChild): void => {
    const child = this.#process;
    // A channel that closes in this very moment is the death that `exit` reports.
    if (child?.connected) child.send(message, () => undefined);
  };

  #begin(): void {
    this.#send({ kind: 'start', config: this.#config!() });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#tell(this.#problemOf('START_TIMEOUT', `was not ready within ${this.#options.startMsMax / 1000} s`));
      this.kill();
    }, this.#options.startMsMax);
  }

  #hear(message: FromChild): void {
    this.#heardAtMs = performance.now();
    if (message.kind === 'metrics') this.#hearMetrics(message.usage, message.metrics);
    else if (message.kind === 'answer') this.#asks.answer(message);
    else if (message.kind === 'event') this.onEvent(message.event);
    else if (message.kind === 'log') this.#options.logs.add({ ...message.line, process: this.name });
    else if (message.kind === 'ready') this.#ready(message.info);
    else this.#failed(message.problem);
  }

  #hearMetrics(usage: Usage, metrics: R['metrics']): void {
    const before = this.#usage;
    const elapsedMs = before ? usage.atMs - before.atMs : 0;
    if (before && elapsedMs > 0) this.#cpuPercent = Math.max(0, ((usage.cpuMs - before.cpuMs) / elapsedMs) * 100);
    this.#cpuMsTotal += usage.cpuMs - (before?.cpuMs ?? 0);
    this.#rssPeakBytes = Math.max(this.#rssPeakBytes, usage.rssBytes);
    this.#usage = usage;
    this.onMetrics(metrics);
  }

  #ready(info: R['info']): void {
    clearTimeout(this.#timer);
    if (this.#phase === 'stopping') return;
    this.#phase = 'running';
    this.#readyAtMs = performance.now();
    this.#problem = undefined;
    this.#watchSilence();
    this.onReady(info);
    this.#first.resolve(info);
    this.#eventual.resolve(info);
    this.#asks.resend(this.#send);
  }

  /** Why this life of the process ends; in sight until it is well again. */
  #tell(problem: Problem): void {
    this.#problem = problem;
    this.#told = true;
  }

  #failed(problem: Problem): void {
    this.#tell(problem);
    this.#log('error', problem.message, { code: problem.code, ...(problem.hint && { hint: problem.hint }) });
    if (this.#readyAtMs === null) this.#first.reject(errorOf(problem));
  }

  #died(how: string): void {
    this.#process = undefined;
    this.#usage = undefined;
    this.#cpuPercent = 0;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    this.#asks.died();
    if (this.#phase === 'stopping') return;
    const wasRunning = this.#phase === 'running';
    if (!this.#told) this.#problem = this.#problemOf('PROCESS_DIED', how);
    this.#phase = this.#told && !wasRunning ? 'failed' : 'restarting';
    if (this.#readyAtMs === null && this.#restarts >= startsMax - 1) this.#first.reject(errorOf(this.#problem!));
    this.onDeath();
    const healthyForMs = wasRunning ? performance.now() - this.#readyAtMs! : 0;
    const delayMs = this.#backoff.next(healthyForMs);
    this.#log('warn', `${how}; it is started again in ${delayMs} ms`, this.#stderr ? { output: this.#stderr } : {});
    this.#restarts += 1;
    this.#timer = setTimeout(() => this.launch(), delayMs);
  }

  #watchSilence(): void {
    this.#heardAtMs = performance.now();
    const everyMs = Math.max(50, this.#options.silentMsMax / 12);
    let tickedAtMs = performance.now();
    this.#watch = setInterval(() => {
      const nowMs = performance.now();
      // After the computer slept, or the engine itself was slow, the silence is our own.
      if (nowMs - tickedAtMs > everyMs * 3) this.#heardAtMs = nowMs;
      tickedAtMs = nowMs;
      if (nowMs - this.#heardAtMs < this.#options.silentMsMax) return;
      this.#tell(this.#problemOf('HUNG', `said nothing for ${this.#options.silentMsMax / 1000} s and was killed`));
      this.kill();
    }, everyMs);
    this.#watch.unref();
  }

  #hearText(text: string): void {
    this.#stderr = (this.#stderr + text).slice(-stderrBytesKept);
    for (const line of text.split('\n')) if (line.trim() !== '') this.#log('info', line);
  }

  #problemOf(code: string, how: string): Problem {
    return {
      code,
      message: `The ${this.name} process ${how}.`,
      hint: 'It is restarted by itself; nothing that was stored is lost. The log tells more.',
      atMs: Date.now(),
    };
  }
}
