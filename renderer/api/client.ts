/**
 * The one connection of the page to the engine: tRPC over a WebSocket that reconnects by itself. Subscriptions resume when
 * the connection does; whether it stands is a small store of its own, which the banner and the greyed figures follow.
 */
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import type { AppRouter } from '../../engine/contract/index.ts';
import type { Api } from './api.ts';
import { createStore } from './store.ts';
import { currentToken, takeToken } from './token.ts';

export interface Connection {
  readonly phase: 'connecting' | 'open' | 'lost';
  /** When the connection was lost; the figures on the page are of that moment. */
  readonly lostAtMs: number | null;
  /** Attempts since then. */
  readonly attempts: number;
  /** The engine answers, but not to this page's token. */
  readonly refused: boolean;
}

const standing: Connection = { phase: 'open', lostAtMs: null, attempts: 0, refused: false };
export const connection = createStore<Connection>({ ...standing, phase: 'connecting' });

const lost = (): void =>
  connection.update((state) => ({
    ...state,
    phase: 'lost',
    lostAtMs: state.lostAtMs ?? Date.now(),
    attempts: state.attempts + 1,
  }));

/** The token was refused: asking again with the same one is in vain, until another tab tells a new one. */
export const accept = (): void => {
  if (connection.get().refused) connection.set(standing);
};
export const refuse = (): void => connection.update((state) => ({ ...state, phase: 'lost', refused: true }));

takeToken(() => {
  connection.set({ ...standing, phase: 'connecting' });
  socket.connection?.ws.close();
});

const socket = createWSClient({
  url: () => `${window.location.origin.replace(/^http/, 'ws')}/api`,
  connectionParams: () => ({ token: currentToken() }),
  retryDelayMs: (attempt) => Math.min(250 * 2 ** Math.min(attempt, 4), 3000),
  keepAlive: { enabled: true, intervalMs: 5000, pongTimeoutMs: 4000 },
  onOpen: () => connection.update((state) => (state.refused ? state : standing)),
  onClose: lost,
});

/** The engine's router has what the page expects: the compiler says so here. */
export const api: Api = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] });
