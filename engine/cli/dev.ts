/** `tiffin up --dev`: Vite serves the page from its sources, with hot reload, and hands `/api` on to the engine. */
import { join } from 'node:path';
import type { ViteDevServer } from 'vite';
import { projectDir } from './project.ts';

const port = 5173;
const host = '127.0.0.1';

export interface DevServer {
  /** The page's origins, which the engine must let in. */
  readonly origins: readonly string[];
  /** Starts to serve; gives the page's address. */
  serve(enginePort: number, token: string): Promise<string>;
  stop(): Promise<void>;
}

export const startDevServer = async (): Promise<DevServer> => {
  const { createServer } = await import('vite');
  let running: ViteDevServer | undefined;
  return {
    origins: [`http://${host}:${port}`, `http://localhost:${port}`],
    serve: async (enginePort, token) => {
      const target = `http://${host}:${enginePort}`;
      const server = await createServer({
        configFile: join(projectDir, 'vite.config.ts'),
        server: {
          host,
          port,
          strictPort: true,
          proxy: { '/api': { target, ws: true, changeOrigin: true }, '/exports': { target, changeOrigin: true } },
        },
      });
      await server.listen();
      running = server;
      return `http://${host}:${port}/?token=${token}`;
    },
    stop: async () => running?.close(),
  };
};
