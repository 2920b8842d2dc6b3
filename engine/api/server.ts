/**
 * The HTTP server on 127.0.0.1: the page, the API's WebSocket (`/api`), exported files and `/metrics`.
 *
 * `/metrics` needs no token, as Prometheus sends none by default; it tells rates and sizes, never data. The page itself needs none
 * either: without the token in its address it can do nothing.
 */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import fastifyStatic from '@fastify/static';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { TRPCError } from '@trpc/server';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { WebSocketServer } from 'ws';
import { TiffinError } from '../errors.ts';
import type { Platform } from '../platform/index.ts';
import { contentSecurityPolicy, createGuard, type Guard } from './guard.ts';
import { appRouter } from './router.ts';

export const defaultPort = 4466;
const portsTried = 20;
const messageBytesMax = 4 * 1024 * 1024;

export interface ServerOptions {
  readonly platform: Platform;
  /** Exactly this port (0: any free one), or none: the default one or the next that is free. */
  readonly port?: number;
  /** Folder of the built page. */
  readonly pageDir: string;
  /** Origins besides our own, for the development server of the page. */
  readonly otherOrigins?: readonly string[];
}

export interface ApiServer {
  readonly port: number;
  /** The page's address, with the token. */
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

export const startServer = async (options: ServerOptions): Promise<ApiServer> => {
  let port = 0;
  const guard = createGuard(() => port, options.otherOrigins);
  const app = fastify({ logger: false, forceCloseConnections: true });
  addChecks(app, guard, () => port);
  addRoutes(app, options);
  const sockets = serveSockets(app, options.platform, guard);
  port = await listen(app, options.port);
  return {
    port,
    token: guard.token,
    url: `http://127.0.0.1:${port}/?token=${guard.token}`,
    stop: async () => {
      sockets.broadcastReconnectNotification();
      for (const client of sockets.server.clients) client.terminate();
      await app.close();
    },
  };
};

const addChecks = (app: FastifyInstance, guard: Guard, port: () => number): void => {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'content-security-policy': contentSecurityPolicy(port()),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    if (!guard.hostAllowed(request.headers.host)) return reply.code(403).send(refusal('HOST_REFUSED', 'Host'));
    if (!guard.originAllowed(request.headers.origin)) return reply.code(403).send(refusal('ORIGIN_REFUSED', 'Origin'));
    return undefined;
  });
};

const refusal = (code: string, header: string): object => ({
  error: { code, message: `This ${header} is not this engine's own.`, hint: 'Open the address that Tiffin printed.' },
});

const addRoutes = (app: FastifyInstance, { platform, pageDir }: ServerOptions): void => {
  const hasPage = existsSync(join(pageDir, 'index.html'));
  app.get('/metrics', async (request, reply) => {
    // The page has a view of that name too: a browser that opens or reloads it asks for HTML, Prometheus never does.
    if (hasPage && wantsPage(request)) return sendPage(reply);
    const { text, contentType } = await platform.prometheus();
    return reply.type(contentType).send(text);
  });
  // The id is random and told to nobody but who asked for the export, over the API: it is the permission.
  app.get<{ Params: { id: string } }>('/exports/:id', (request, reply) => {
    const file = platform.queries.exported(request.params.id);
    if (!file || !existsSync(file.path))
      return reply.code(404).send({ error: { code: 'NOT_FOUND', message: 'No such export.' } });
    reply.header('content-disposition', `attachment; filename="${file.fileName}"`).header('cache-control', 'no-store');
    return reply.type('application/octet-stream').send(createReadStream(file.path));
  });
  if (hasPage) addPage(app, pageDir);
  else
    app.get('/', (_request, reply) => reply.type('text/plain').send('The page is not built yet: run npm run build.\n'));
};

const wantsPage = ({ method, headers }: FastifyRequest): boolean =>
  method === 'GET' && (headers.accept ?? '').includes('text/html');

const sendPage = (reply: FastifyReply): FastifyReply =>
  reply.header('cache-control', 'no-cache').sendFile('index.html');

const addPage = (app: FastifyInstance, pageDir: string): void => {
  app.register(fastifyStatic, {
    root: pageDir,
    cacheControl: false,
    setHeaders: (response, path) => {
      const hashed = path.includes('assets');
      response.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  // The page routes by path: an address that is no file is a view of it.
  app.setNotFoundHandler((request, reply) => {
    if (wantsPage(request)) return sendPage(reply);
    return reply
      .code(404)
      .send({ error: { code: 'NOT_FOUND', message: `There is nothing at ${request.url.split('?')[0]}.` } });
  });
};

interface Sockets {
  readonly server: WebSocketServer;
  broadcastReconnectNotification(): void;
}

const serveSockets = (app: FastifyInstance, platform: Platform, guard: Guard): Sockets => {
  const server = new WebSocketServer({ noServer: true, maxPayload: messageBytesMax });
  const { broadcastReconnectNotification } = applyWSSHandler({
    wss: server,
    router: appRouter,
    keepAlive: { enabled: true, pingMs: 20_000, pongWaitMs: 20_000 },
    createContext: ({ info }) => {
      if (guard.tokenAllowed(info.connectionParams?.['token'])) return { platform };
      throw new TRPCError({
        code: 'UNAUTHORIZED',
        message: 'The token is missing or wrong: open the address that Tiffin printed.',
      });
    },
  });
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = (request.url ?? '').split('?')[0];
    if (path !== '/api') return refuseUpgrade(socket, '404 Not Found');
    if (!guard.hostAllowed(request.headers.host)) return refuseUpgrade(socket, '403 Forbidden');
    if (!guard.originAllowed(request.headers.origin)) return refuseUpgrade(socket, '403 Forbidden');
    return server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request));
  });
  return { server, broadcastReconnectNotification };
};

const refuseUpgrade = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};

const listen = async (app: FastifyInstance, wanted: number | undefined): Promise<number> => {
  const ports = wanted === undefined ? Array.from({ length: portsTried }, (_, i) => defaultPort + i) : [wanted];
  for (const port of ports) {
    try {
      await app.listen({ host: '127.0.0.1', port });
      const address = app.server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  const range = ports.length === 1 ? `Port ${ports[0]} is` : `The ports ${ports[0]} to ${ports.at(-1)} are`;
  throw new TiffinError(
    'PORT_IN_USE',
    `${range} already in use.`,
    'Choose another one with --port, or stop what uses it.',
  );
};
