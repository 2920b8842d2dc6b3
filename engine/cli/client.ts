/** Talks to an engine that already runs, over the same API as its page. */
import { createTRPCClient, createWSClient, TRPCClientError, wsLink } from '@trpc/client';
import { WebSocket } from 'ws';
import type { AppRouter } from '../api/router.ts';
import type { Problem } from '../contract/index.ts';
import { errorOf, TiffinError } from '../errors.ts';

export type EngineApi = ReturnType<typeof createTRPCClient<AppRouter>>;

/** `url`: the page's address with its token, as the lock of the workspace names it. */
export const callEngine = async <T>(url: string, use: (api: EngineApi) => Promise<T>): Promise<T> => {
  const { host, searchParams } = new URL(url);
  const client = createWSClient({
    url: `ws://${host}/api`,
    connectionParams: { token: searchParams.get('token') ?? '' },
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
  });
  try {
    return await use(createTRPCClient<AppRouter>({ links: [wsLink({ client })] }));
  } catch (error) {
    throw translated(error);
  } finally {
    await client.close();
  }
};

const translated = (error: unknown): unknown => {
  if (!(error instanceof TRPCClientError)) return error;
  const { problem } = (error.data ?? {}) as { problem?: Problem };
  return problem
    ? errorOf(problem)
    : new TiffinError('ENGINE_AWAY', `The running engine does not answer: ${error.message}`, 'Try again.');
};
