/**
 * A small gateway for tests: it keeps the contract of docs/ARCHITECTURE.md in memory, and misbehaves on request.
 * It asserts what it is owed, too: bodies that are whole lines.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to a POST: served, refused for now, or cut off before or after it was stored. */
export type Fault = 'none' | 'busy' | 'cut before' | 'cut after';

export interface TestGateway {
  url: string;
  /** The lines of a source, in order of sequence. */
  lines(source: string): string[];
  /** Paths that a source has posted to. */
  paths(source: string): Set<string>;
  posts(): number;
  duplicates(): number;
  /** Forgets all lines of a source but the first so many, as a Kafka does that lost its disk. */
  lose(source: string, keep: number): void;
  /** Answers every POST from now on with 400 and this sentence. */
  refuse(message: string): void;
  /** Called for every POST that arrives. */
  onPost(listener: () => void): void;
  close(): Promise<void>;
}

export async function startTestGateway(faultOf: (post: number) => Fault = () => 'none'): Promise<TestGateway> {
  const sources = new Map<string, string[]>();
  const paths = new Map<string, Set<string>>();
  let posts = 0;
  let duplicates = 0;
  let refusal: string | undefined;
  let listener: (() => void) | undefined;

  const store = (source: string, first: number, body: string): string => {
    const have = sources.get(source) ?? [];
    if (!body.endsWith('\n')) throw new Error('the last line is not ended');
    const lines = body.slice(0, -1).split('\n');
    const fresh = lines.slice(have.length - first);
    duplicates += lines.length - fresh.length;
    sources.set(source, [...have, ...fresh]);
    return JSON.stringify({
      accepted: fresh.length,
      duplicates: lines.length - fresh.length,
      nextSequence: have.length + fresh.length,
    });
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'GET') {
      const source = decodeURIComponent(request.url!.slice('/v1/sources/'.length));
      response.end(JSON.stringify({ nextSequence: sources.get(source)?.length ?? 0 }));
      return;
    }
    const body = Buffer.concat(await request.toArray()).toString();
    const source = String(request.headers['tiffin-source']);
    paths.set(source, (paths.get(source) ?? new Set()).add(request.url!));
    listener?.();
    const fault = faultOf(posts++);
    if (fault === 'busy') return void response.writeHead(503, { 'retry-after': '0' }).end('{}');
    if (fault === 'cut before') return void request.socket.destroy();
    if (refusal !== undefined) {
      const error = { code: 'EVENT_INVALID', message: refusal, hint: 'Mend the event.', line: 1 };
      return void response.writeHead(400).end(JSON.stringify({ error }));
    }
    const first = Number(request.headers['tiffin-first-sequence']);
    if (first > (sources.get(source)?.length ?? 0)) return void response.writeHead(409).end('{}');
    const answer = store(source, first, body);
    if (fault === 'cut after') return void request.socket.destroy();
    response.end(answer);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      response
        .writeHead(400)
        .end(JSON.stringify({ error: { code: 'TEST_GATEWAY', message: String(error), hint: '' } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lines: (source) => sources.get(source) ?? [],
    paths: (source) => paths.get(source) ?? new Set(),
    posts: () => posts,
    duplicates: () => duplicates,
    lose: (source, keep) => void sources.set(source, (sources.get(source) ?? []).slice(0, keep)),
    refuse: (message) => void (refusal = message),
    onPost: (next) => void (listener = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
