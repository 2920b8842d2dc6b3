/** Ports that are easy to remember where they are free, and any free one where they are not. */
import { type AddressInfo, createServer } from 'node:net';

/** The port if nothing listens on it on this computer, else 0. */
export const preferredPort = (port: number): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(0));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(port)));
  });

/** A port that is free now, for a process that must be told its own beforehand. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

const askEveryMs = 50;

/** Waits until nothing listens on the port, or as long as it may take. */
export const portIsFree = async (port: number, msMax: number): Promise<boolean> => {
  for (const deadlineMs = performance.now() + msMax; performance.now() < deadlineMs;) {
    if ((await preferredPort(port)) === port) return true;
    await new Promise((resolve) => setTimeout(resolve, askEveryMs));
  }
  return false;
};
