/** The server's side of SCRAM (RFC 5802, RFC 7677): the password itself never travels. */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

const ITERATIONS = 4096;

export type ScramHash = 'sha256' | 'sha512';

export interface ScramCredential {
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

export type ScramStep =
  | { readonly kind: 'continue'; readonly reply: Buffer }
  | { readonly kind: 'done'; readonly reply: Buffer }
  | { readonly kind: 'failed' };

const hmac = (hash: ScramHash, key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest();

export const deriveCredential = (hash: ScramHash, password: string): ScramCredential => {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, ITERATIONS, hash === 'sha256' ? 32 : 64, hash);
  const storedKey = createHash(hash)
    .update(hmac(hash, salted, 'Client Key'))
    .digest();
  return { salt, storedKey, serverKey: hmac(hash, salted, 'Server Key') };
};

const attributes = (message: string): Map<string, string> =>
  new Map(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));

const FAILED: ScramStep = { kind: 'failed' };

/** One exchange: two messages of the client, two of the server. */
export class ScramExchange {
  private readonly hash: ScramHash;
  private readonly credentialOf: (user: string) => ScramCredential | undefined;
  private credential: ScramCredential | undefined;
  private transcript = '';
  private nonce = '';

  constructor(hash: ScramHash, credentialOf: (user: string) => ScramCredential | undefined) {
    this.hash = hash;
    this.credentialOf = credentialOf;
  }

  step(message: string): ScramStep {
    return this.credential === undefined ? this.first(message) : this.final(message, this.credential);
  }

  private first(message: string): ScramStep {
    const match = /^n,[^,]*,(n=([^,]*),r=([\x21-\x2b\x2d-\x7e]+).*)$/.exec(message);
    if (match === null) return FAILED;
    const user = match[2]!.replaceAll('=2C', ',').replaceAll('=3D', '=');
    this.credential = this.credentialOf(user);
    if (this.credential === undefined) return FAILED;
    this.nonce = match[3]! + randomBytes(18).toString('base64');
    const reply = `r=${this.nonce},s=${this.credential.salt.toString('base64')},i=${ITERATIONS}`;
    this.transcript = `${match[1]!},${reply}`;
    return { kind: 'continue', reply: Buffer.from(reply) };
  }

  private final(message: string, credential: ScramCredential): ScramStep {
    const given = attributes(message);
    const withoutProof = message.slice(0, message.lastIndexOf(',p='));
    const proof = Buffer.from(given.get('p') ?? '', 'base64');
    const text = `${this.transcript},${withoutProof}`;
    const signature = hmac(this.hash, credential.storedKey, text);
    if (given.get('r') !== this.nonce || proof.length !== signature.length) return FAILED;
    const clientKey = proof.map((byte, at) => byte ^ signature[at]!);
    if (!timingSafeEqual(createHash(this.hash).update(clientKey).digest(), credential.storedKey)) return FAILED;
    const verifier = hmac(this.hash, credential.serverKey, text).toString('base64');
    return { kind: 'done', reply: Buffer.from(`v=${verifier}`) };
  }
}
