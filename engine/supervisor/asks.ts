/**
 * The questions put to a process that have no answer yet. A process may die with questions open: those that may be asked
 * again (`retry`) wait for its successor, the others are refused with a sentence.
 */
import { errorOf, TiffinError } from '../errors.ts';
import type { FromChild, ToChild } from '../children/protocol.ts';

interface OpenAsk {
  readonly message: ToChild & { kind: 'ask' };
  readonly retry: boolean;
  sent: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class OpenAsks {
  readonly #open = new Map<number, OpenAsk>();
  readonly #process: string;
  #nextId = 1;

  constructor(process: string) {
    this.#process = process;
  }

  /** Registers a question; `send` is called now if there is a process to hear it, else on `resend`. */
  add(
    question: string,
    input: unknown,
    retry: boolean,
    send: ((message: ToChild) => void) | undefined,
  ): Promise<unknown> {
    if (!send && !retry) return Promise.reject(this.#died());
    return new Promise((resolve, reject) => {
      const message = { kind: 'ask', id: this.#nextId++, question, input } as const;
      this.#open.set(message.id, { message, retry, sent: send !== undefined, resolve, reject });
      send?.(message);
    });
  }

  answer(message: FromChild & { kind: 'answer' }): void {
    const ask = this.#open.get(message.id);
    if (!ask) return;
    this.#open.delete(message.id);
    if (message.ok) ask.resolve(message.value);
    else ask.reject(errorOf(message.problem));
  }

  /** The process died: what may not be repeated fails, the rest waits. */
  died(): void {
    for (const [id, ask] of this.#open) {
      ask.sent = false;
      if (ask.retry) continue;
      this.#open.delete(id);
      ask.reject(this.#died());
    }
  }

  resend(send: (message: ToChild) => void): void {
    for (const ask of this.#open.values()) {
      if (ask.sent) continue;
      ask.sent = true;
      send(ask.message);
    }
  }

  /** Nobody will answer any more. */
  close(): void {
    for (const ask of this.#open.values())
      ask.reject(new TiffinError('STOPPED', `The ${this.#process} process was stopped.`));
    this.#open.clear();
  }

  #died(): TiffinError {
    return new TiffinError(
      'PROCESS_DIED',
      `The ${this.#process} process ended before it could answer.`,
      'It is being restarted: try again in a moment.',
    );
  }
}
