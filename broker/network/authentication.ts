/** SASL on one connection: which mechanism was agreed on, how far the exchange is, and what is allowed meanwhile. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { SaslConfig } from '../config.ts';
import { deriveCredential, ScramExchange, type ScramCredential, type ScramHash } from './scram.ts';

type Mechanism = NonNullable<SaslConfig['mechanisms']>[number];

const ALL: readonly Mechanism[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'];
/** ApiVersions, SaslHandshake and SaslAuthenticate */
const ALLOWED_BEFORE = new Set([17, 18, 36]);

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The users of a listener. Credentials are derived when first needed, and shared by all its connections. */
export class Users {
  readonly mechanisms: readonly Mechanism[];
  private readonly passwords: Map<string, string>;
  private readonly credentials = new Map<string, ScramCredential>();

  constructor(config: SaslConfig) {
    this.mechanisms = config.mechanisms ?? ALL;
    this.passwords = new Map(config.users.map((user) => [user.name, user.password]));
  }

  isRight(name: string, password: string): boolean {
    const known = this.passwords.get(name);
    return timingSafeEqual(digest(password), digest(known ?? '')) && known !== undefined;
  }

  scram(hash: ScramHash, name: string): ScramCredential | undefined {
    const password = this.passwords.get(name);
    if (password === undefined) return undefined;
    const key = `${hash} ${name}`;
    let credential = this.credentials.get(key);
    if (credential === undefined) this.credentials.set(key, (credential = deriveCredential(hash, password)));
    return credential;
  }
}

export type AuthenticationStep =
  | { readonly kind: 'goes on'; readonly reply: Buffer }
  | { readonly kind: 'failed' }
  | { readonly kind: 'not expected' };

export class Authentication {
  readonly users: Users;
  private exchange: ((message: Buffer) => AuthenticationStep) | undefined;
  /** After a handshake of version 0 the client's messages come as they are, without a request around them. */
  takesRawMessages = false;
  private isDone = false;

  constructor(users: Users) {
    this.users = users;
  }

  allows(apiKey: number): boolean {
    return this.isDone || ALLOWED_BEFORE.has(apiKey);
  }

  /** Begins an exchange; false if the mechanism is not offered. */
  begin(mechanism: string, isRaw: boolean): boolean {
    const known = this.users.mechanisms.find((one) => one === mechanism);
    if (known === undefined) return false;
    this.takesRawMessages = isRaw;
    this.exchange = known === 'PLAIN' ? this.plain() : this.scram(known === 'SCRAM-SHA-256' ? 'sha256' : 'sha512');
    return true;
  }

  step(message: Buffer): AuthenticationStep {
    const step = this.exchange?.(message) ?? { kind: 'not expected' };
    this.takesRawMessages &&= !this.isDone;
    return step;
  }

  private plain(): (message: Buffer) => AuthenticationStep {
    return (message) => {
      const [, name = '', password = ''] = message.toString('utf8').split('\u0000');
      this.isDone = this.users.isRight(name, password);
      return this.isDone ? { kind: 'goes on', reply: Buffer.alloc(0) } : { kind: 'failed' };
    };
  }

  private scram(hash: ScramHash): (message: Buffer) => AuthenticationStep {
    const exchange = new ScramExchange(hash, (name) => this.users.scram(hash, name));
    return (message) => {
      const step = exchange.step(message.toString('utf8'));
      if (step.kind === 'failed') return step;
      this.isDone = step.kind === 'done';
      return { kind: 'goes on', reply: step.reply };
    };
  }
}
