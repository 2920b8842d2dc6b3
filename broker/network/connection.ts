/**
 * One client's connection. Requests are served strictly one after the other, as Kafka does, so answers are in order.
 * A client that does not read its answers is not read from either: what it can make the broker hold is one answer.
 */
import type { Socket } from 'node:net';
import type { Context, Endpoint, Peer, Services } from '../context.ts';
import { ErrorCode, isStorageError, messageOf, systemCode } from '../errors.ts';
import type { Authentication } from './authentication.ts';
import { topicsOf } from './topics-of.ts';
import type { Faults } from './faults.ts';
import { FrameCutter, type Frame, type FrameProblem } from './frames.ts';
import { encodeResponse, parseRequest, type Request } from './requests.ts';

/** Unread requests that are kept before the socket is paused. */
const QUEUE_BYTES_MAX = 256 * 1024;
const HTTP_ANSWER =
  'HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n' +
  'This is a Kafka broker: it speaks the Kafka protocol and no HTTP.\n';

const problems: Record<FrameProblem, { readonly sentence: string; readonly hint: string }> = {
  http: {
    sentence: 'sent an HTTP request to the Kafka port, and was told so',
    hint: 'Point that program at an HTTP server; this port speaks the Kafka protocol only.',
  },
  tls: {
    sentence: 'tried to speak TLS on a listener without TLS',
    hint: 'Set security.protocol=PLAINTEXT in that client, or configure a listener with TLS.',
  },
  'too large': {
    sentence: 'announced a request larger than requestBytesMax',
    hint: 'Lower max.request.size of that producer, or raise requestBytesMax of the broker.',
  },
  nonsense: {
    sentence: 'sent bytes that are no Kafka request',
    hint: 'Something that is no Kafka client talks to this port; see which program it is.',
  },
};

export interface ConnectionOptions {
  readonly services: Services;
  readonly faults: Faults;
  readonly endpoint: Endpoint;
  readonly authentication: Authentication | undefined;
  readonly onRequest: () => void;
}

export class Connection {
  private readonly options: ConnectionOptions;
  private readonly socket: Socket;
  private readonly cutter: FrameCutter;
  private readonly peer: Peer;
  private readonly waits = new Set<() => void>();
  private readonly queue: Frame[] = [];
  private queuedBytes = 0;
  private isBusy = false;
  private isBlocked = false;
  private isClosed = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.socket = socket;
    this.options = options;
    const { services, endpoint, authentication } = options;
    this.cutter = new FrameCutter(services.pool, services.settings.requestBytesMax, (frame) => this.enqueue(frame));
    this.peer = { host: `/${socket.remoteAddress ?? ''}`, endpoint, authentication, waits: this.waits };
    socket.setNoDelay(true);
    socket.setTimeout(services.settings.idleConnectionMs, () => {
      if (!this.isBusy) socket.destroy();
    });
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('drain', () => this.unblock());
    socket.on('error', (error) => this.failed(error));
    socket.on('close', () => this.closed());
  }

  private receive(chunk: Buffer): void {
    const problem = this.cutter.push(chunk);
    if (problem !== undefined) {
      this.complain(problem);
      if (problem === 'http') this.socket.end(HTTP_ANSWER);
      this.hangUp();
    } else if (this.queuedBytes > QUEUE_BYTES_MAX) this.socket.pause();
  }

  private complain(problem: FrameProblem): void {
    const { log, settings } = this.options.services;
    const { sentence, hint } = problems[problem];
    const limit = problem === 'too large' ? { requestBytesMax: settings.requestBytesMax } : {};
    log('warn', `A client at ${this.peer.host} ${sentence}`, { hint, ...limit });
  }

  private enqueue(frame: Frame): void {
    if (!this.isBusy && !this.isBlocked && this.queue.length === 0) this.serve(frame);
    else {
      this.queue.push(frame);
      this.queuedBytes += frame.bytes.length;
    }
  }

  private next(): void {
    while (!this.isBusy && !this.isBlocked && !this.isClosed) {
      const frame = this.queue.shift();
      if (frame === undefined) break;
      this.queuedBytes -= frame.bytes.length;
      this.serve(frame);
    }
    if (this.queuedBytes <= QUEUE_BYTES_MAX && this.socket.isPaused()) this.socket.resume();
  }

  private serve(frame: Frame): void {
    if (this.isClosed) return frame.release();
    const { services } = this.options;
    if (this.peer.authentication?.takesRawMessages === true) return this.authenticate(this.peer.authentication, frame);
    const parsed = parseRequest(frame.bytes, services.apis);
    if (parsed.kind === 'request') {
      this.options.onRequest();
      return this.dispatch(parsed, frame);
    }
    frame.release();
    if (parsed.kind === 'refused') {
      const hint = 'A client asks ApiVersions first; this one did not, is damaged, or is too old or too new.';
      services.log('warn', `A client at ${this.peer.host} sent ${parsed.reason}; its connection was closed`, { hint });
      return this.hangUp();
    }
    const body = parsed.api.refuse({}, ErrorCode.UNSUPPORTED_VERSION);
    this.send(encodeResponse(parsed.api, 0, parsed.correlationId, body), []);
  }

  /** One step of the oldest SASL exchange: message in, message out, nothing around them. */
  private authenticate(authentication: Authentication, frame: Frame): void {
    const step = authentication.step(frame.bytes);
    frame.release();
    if (step.kind !== 'goes on') {
      this.options.services.log('warn', `A client at ${this.peer.host} gave a wrong user or password`);
      return this.hangUp();
    }
    const size = Buffer.alloc(4);
    size.writeInt32BE(step.reply.length);
    this.send([size, step.reply], []);
  }

  private dispatch(request: Request, frame: Frame): void {
    const { authentication } = this.peer;
    if (authentication !== undefined && !authentication.allows(request.api.key)) {
      const { log } = this.options.services;
      log('warn', `A client at ${this.peer.host} sent ${request.api.name} before it had authenticated`);
      frame.release();
      return this.hangUp();
    }
    const fault = this.options.faults.for(request, () => topicsOf(request, this.options.services));
    if (fault === undefined) return this.handle(request, frame);
    if (fault.kind === 'delay') return this.delay(request, frame, fault.delayMs);
    if (fault.kind === 'disconnect') this.hangUp();
    if (fault.kind === 'error') this.answer(request, request.api.refuse(request.body, fault.errorCode), []);
    frame.release();
  }

  private delay(request: Request, frame: Frame, delayMs: number): void {
    this.isBusy = true;
    setTimeout(() => {
      this.isBusy = false;
      if (this.isClosed) frame.release();
      else this.handle(request, frame);
      this.next();
    }, delayMs);
  }

  private handle(request: Request, frame: Frame): void {
    const afterwards: (() => void)[] = [];
    const { services } = this.options;
    const context: Context = {
      services,
      peer: this.peer,
      clientId: request.clientId,
      version: request.version,
      afterwards: (action) => void afterwards.push(action),
      hangUp: () => this.hangUp(),
    };
    try {
      const answer = request.api.handle(request.body, context);
      if (answer instanceof Promise) return this.wait(request, frame, answer, afterwards);
      this.answer(request, answer, afterwards);
    } catch (error) {
      this.answer(request, this.unexpected(request, error), afterwards);
    }
    frame.release();
  }

  private wait(request: Request, frame: Frame, answer: Promise<object | undefined>, afterwards: (() => void)[]): void {
    this.isBusy = true;
    const finish = (body: object | undefined): void => {
      frame.release();
      this.isBusy = false;
      this.answer(request, body, afterwards);
      this.next();
    };
    answer.then(finish, (error: unknown) => finish(this.unexpected(request, error)));
  }

  private unexpected(request: Request, error: unknown): object {
    const { api, body } = request;
    const { log, disk } = this.options.services;
    if (isStorageError(error)) {
      disk.refused(`what ${api.name} is to store`, error);
      return api.refuse(body, api.diskRefused);
    }
    log('error', `${api.name} failed: ${messageOf(error)}`, {
      stack: error instanceof Error ? error.stack : undefined,
    });
    return api.refuse(body, ErrorCode.UNKNOWN_SERVER_ERROR);
  }

  private answer(request: Request, body: object | undefined, afterwards: readonly (() => void)[]): void {
    if (body === undefined || this.isClosed) {
      for (const action of afterwards) action();
      return;
    }
    this.send(encodeResponse(request.api, request.version, request.correlationId, body), afterwards);
  }

  private send(parts: readonly Buffer[], afterwards: readonly (() => void)[]): void {
    const { socket } = this;
    const sent = afterwards.length === 0 ? undefined : () => afterwards.forEach((action) => action());
    let hasRoom = true;
    if (parts.length > 1) socket.cork();
    for (const [number, part] of parts.entries()) {
      hasRoom = number === parts.length - 1 ? socket.write(part, sent) : socket.write(part);
    }
    if (parts.length > 1) socket.uncork();
    this.isBlocked = !hasRoom && socket.writableNeedDrain;
  }

  private unblock(): void {
    this.isBlocked = false;
    this.next();
  }

  private failed(error: Error): void {
    const isOrdinary = ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT'].includes(systemCode(error));
    if (!isOrdinary) this.options.services.log('warn', `The connection of ${this.peer.host} failed: ${error.message}`);
  }

  private hangUp(): void {
    this.isClosed = true;
    this.socket.destroySoon();
  }

  /** Ends the connection from the broker's side. */
  close(): void {
    this.isClosed = true;
    this.socket.destroy();
  }

  private closed(): void {
    this.isClosed = true;
    for (const cancel of this.waits) cancel();
    this.cutter.close();
    for (const frame of this.queue.splice(0)) frame.release();
  }
}
