/** Ports that are easy to remember where they are free, and any free one where they are not. */
import { createServer } from 'node:net';

/** The port if nothing listens on it on this computer, else 0. */
export const preferredPort = (port: number): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(0));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(port)));
  });
