import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { PlatformState, QueryState } from '../contract/index.ts';
import { openLogs } from '../logs.ts';
import { Platform } from '../platform/index.ts';
import { openWorkspace } from '../workspace/index.ts';
import type { AppRouter } from './router.ts';
import { type ApiServer, startServer } from './server.ts';

// The real API over a real socket, on a platform of which only the query process runs.
let dir: string;
let platform: Platform;
let server: ApiServer;
let release: () => Promise<void>;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tiffin-api-'));
  mkdirSync(join(dir, 'page', 'assets'), { recursive: true });
  writeFileSync(join(dir, 'page', 'index.html'), '<title>Tiffin</title>');
  writeFileSync(join(dir, 'page', 'assets', 'a-1234.js'), '1;');
  const { lock, ...workspace } = await openWorkspace({ dir: join(dir, 'ws'), starterDir: join(dir, 'none') });
  release = () => lock.release();
  platform = new Platform({ version: '1', workspace, logs: openLogs(), wellKnownPorts: false, only: ['query'] });
  await platform.ready;
  server = await startServer({ platform, port: 0, pageDir: join(dir, 'page') });
});
afterAll(async () => {
  await server.stop();
  await platform.stop();
  await release();
  rmSync(dir, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}
const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: server.port, path, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });

const connect = (token: string, headers: Record<string, string> = {}) => {
  class Socket extends WebSocket {
    constructor(url: string) {
      super(url, { headers });
    }
  }
  const client = createWSClient({
    url: `ws://127.0.0.1:${server.port}/api`,
    connectionParams: { token },
    WebSocket: Socket as unknown as typeof globalThis.WebSocket,
    retryDelayMs: () => 60_000,
  });
  return { api: createTRPCClient<AppRouter>({ links: [wsLink({ client })] }), close: () => client.close() };
};

const upgradeStatus = (path: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!));
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
    socket.on('error', () => undefined);
  });

describe('who may talk to the engine', () => {
  test('pages and figures only under a loopback name with the right port', async () => {
    expect((await get('/')).status).toBe(200);
    expect((await get('/', { host: `localhost:${server.port}` })).status).toBe(200);
    for (const host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1', `127.0.0.1:${server.port + 1}`])
      expect((await get('/metrics', { host })).status).toBe(403);
  });

  test('no page of another origin', async () => {
    expect((await get('/metrics', { origin: 'https://evil.example' })).status).toBe(403);
    expect((await get('/metrics', { origin: `http://127.0.0.1:${server.port}` })).status).toBe(200);
  });

  test('a socket only with the right Host and Origin, and only at its path', async () => {
    const origin = `http://127.0.0.1:${server.port}`;
    expect(await upgradeStatus('/api', { origin })).toBe(101);
    expect(await upgradeStatus('/api', { origin: 'https://evil.example' })).toBe(403);
    expect(await upgradeStatus('/api', { origin: 'null' })).toBe(403);
    expect(await upgradeStatus('/api', { host: 'evil.example' })).toBe(403);
    expect(await upgradeStatus('/other', { origin })).toBe(404);
  });

  test.each(['', 'wrong', `${'a'.repeat(32)}`])('the API not with the token %j', async (token) => {
    const { api, close } = connect(token);
    const outcome = await Promise.race([
      api.platform.state.query().then(
        () => 'answered',
        () => 'refused',
      ),
      new Promise((resolve) => setTimeout(resolve, 1_000, 'no answer')),
    ]);
    expect(outcome).not.toBe('answered');
    await Promise.race([close(), new Promise((resolve) => setTimeout(resolve, 500))]);
  });
});

describe('the page', () => {
  test('comes with a policy that allows itself only, and its hashed files for ever', async () => {
    const page = await get('/');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-eval');
    expect(page.headers['cache-control']).toBe('no-cache');
    expect((await get('/assets/a-1234.js')).headers['cache-control']).toContain('immutable');
  });

  test('answers every view of it, and says what is not there', async () => {
    expect((await get('/query?tab=1', { accept: 'text/html' })).body).toContain('<title>Tiffin');
    expect((await get('/metrics', { accept: 'text/html' })).body).toContain('<title>Tiffin');
    expect((await get('/assets/none.js')).status).toBe(404);
    expect((await get('/exports/none')).status).toBe(404);
    expect((await get('/../../etc/passwd')).status).not.toBe(200);
  });
});

describe('the API', () => {
  test('tells the state now and each second', async () => {
    const { api, close } = connect(server.token);
    const states: PlatformState[] = [];
    await new Promise<void>((resolve, reject) => {
      const subscription = api.platform.watch.subscribe(undefined, {
        onData: (state) => {
          states.push(state);
          if (states.length === 2) resolve(subscription.unsubscribe());
        },
        onError: reject,
      });
    });
    expect(states[0]!.processes.map(({ name }) => name)).toEqual(['engine', 'query']);
    expect(states[0]).toMatchObject({ phase: 'running', version: '1' });
    await close();
  });

  test('runs a query, tells how it ends, gives its rows, exports it, and remembers it', async () => {
    const { api, close } = connect(server.token);
    const { queryId } = await api.query.run.mutate({ sql: 'SELECT 9007199254740993 AS n' });
    const end = await new Promise<QueryState>((resolve, reject) => {
      let newest: QueryState | undefined;
      api.query.watch.subscribe(
        { queryId },
        {
          onData: (state) => {
            newest = state;
          },
          onComplete: () => resolve(newest!),
          onError: reject,
        },
      );
    });
    expect(end).toMatchObject({ phase: 'done', rows: 1 });
    expect(await api.query.page.query({ queryId, offset: 0, limit: 10 })).toEqual({
      offset: 0,
      rows: [['9007199254740993']],
    });
    const { url, fileName, sizeBytes } = await api.query.export.mutate({ queryId, format: 'csv' });
    const file = await get(url);
    expect(file.body).toBe('n\n9007199254740993\n');
    expect(file.body).toHaveLength(sizeBytes);
    expect(file.headers['content-disposition']).toBe(`attachment; filename="${fileName}"`);
    expect((await api.query.history.query())[0]).toMatchObject({ queryId, phase: 'done', rows: 1 });
    await close();
  });

  test('keeps saved queries, and offers the sample ones of the workspace', async () => {
    const { api, close } = connect(server.token);
    mkdirSync(join(dir, 'ws', 'queries'), { recursive: true });
    writeFileSync(join(dir, 'ws', 'queries', 'sample.sql'), 'SELECT 1');
    await api.query.save.mutate({ name: 'mine', sql: 'SELECT 2' });
    expect(await api.query.saved.query()).toEqual([
      { name: 'sample', sql: 'SELECT 1' },
      { name: 'mine', sql: 'SELECT 2' },
    ]);
    await api.query.remove.mutate({ name: 'mine' });
    expect(await api.query.saved.query()).toEqual([{ name: 'sample', sql: 'SELECT 1' }]);
    await close();
  });

  test('refuses what its validators refuse, and tells failures as sentences with a code and no stack', async () => {
    const { api, close } = connect(server.token);
    await expect(api.query.run.mutate({ sql: '' })).rejects.toMatchObject({ data: { code: 'BAD_REQUEST' } });
    const failure = await api.query.cancel.mutate({ queryId: 'none' }).then(
      () => undefined,
      (error: { message: string; data: object }) => error,
    );
    expect(failure!.data).toMatchObject({ problem: { code: 'NO_SUCH_QUERY', hint: 'Run it again.' } });
    expect(JSON.stringify(failure)).not.toContain('at ');
    await close();
  });

  test('reports a query that its process took down with it, and serves the next one', async () => {
    const { api, close } = connect(server.token);
    const { queryId } = await api.query.run.mutate({
      sql: 'SELECT count(*) FROM range(1000000000000) a, range(1000000) b',
    });
    const end = new Promise<QueryState>((resolve, reject) => {
      let newest: QueryState | undefined;
      api.query.watch.subscribe(
        { queryId },
        {
          onData: (state) => {
            newest = state;
          },
          onComplete: () => resolve(newest!),
          onError: reject,
        },
      );
    });
    await api.processes.kill.mutate({ name: 'query' });
    expect(await end).toMatchObject({ phase: 'failed', problem: { code: 'QUERY_PROCESS_DIED' } });
    const again = await api.query.run.mutate({ sql: 'SELECT 1' });
    expect(again.sql).toBe('SELECT 1');
    await close();
  });
});

test('the figures for Prometheus name the processes', async () => {
  const { body } = await get('/metrics');
  expect(body).toMatch(/tiffin_process_resident_memory_bytes\{process="engine"\} \d+/);
});

test('a port that is in use is refused with a sentence, and without --port the next one is taken', async () => {
  const options = { platform, pageDir: join(dir, 'page') };
  await expect(startServer({ ...options, port: server.port })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  const first = await startServer(options);
  const second = await startServer(options);
  expect(second.port).not.toBe(first.port);
  await Promise.all([first.stop(), second.stop()]);
  expect(existsSync(join(dir, 'ws', 'exports'))).toBe(true);
});
