/**
 * Who may talk to the engine: programs on this computer that know the token, and pages that this engine served itself.
 *
 * The Host check stops DNS rebinding (a foreign page whose name suddenly means 127.0.0.1), the Origin check stops foreign pages
 * in the same browser, the token stops other users of the computer.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';

export interface Guard {
  readonly token: string;
  hostAllowed(host: string | undefined): boolean;
  /** An absent Origin is no browser's; it still needs the token. */
  originAllowed(origin: string | undefined): boolean;
  tokenAllowed(token: string | null | undefined): boolean;
}

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

export const createGuard = (port: () => number, otherOrigins: readonly string[] = []): Guard => {
  const token = randomBytes(24).toString('base64url');
  const hosts = (): string[] => loopbackNames.map((name) => `${name}:${port()}`);
  return {
    token,
    hostAllowed: (host) => host !== undefined && hosts().includes(host.toLowerCase()),
    originAllowed: (origin) =>
      origin === undefined || hosts().some((host) => origin === `http://${host}`) || otherOrigins.includes(origin),
    tokenAllowed: (given) => {
      const [a, b] = [Buffer.from(given ?? ''), Buffer.from(token)];
      return a.length === b.length && timingSafeEqual(a, b);
    },
  };
};

/** What the page may load: itself only. Mantine writes style attributes; Monaco's workers come from this server. */
export const contentSecurityPolicy = (port: number): string =>
  [
    "default-src 'self'",
    "script-src 'self'",
    "worker-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    `connect-src 'self' ws://127.0.0.1:${port} ws://localhost:${port}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
