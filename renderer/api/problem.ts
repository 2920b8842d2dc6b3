/** Any failure of a call as the sentence and the way out that the page shows. */
import type { Problem } from '../../engine/contract/index.ts';

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** The engine puts `code` and `hint` beside the message in the error's data; a lost connection has neither. */
export const problemOf = (error: unknown): Problem => {
  const data = isRecord(error) && isRecord(error['data']) ? error['data'] : {};
  const inner = isRecord(data['problem']) ? data['problem'] : data;
  const message = text(inner['message']) ?? (error instanceof Error ? error.message : String(error));
  const hint = text(inner['hint']);
  const code = text(inner['code']) ?? 'FAILED';
  if (/websocket|socket closed|connection/i.test(message) && hint === undefined) return connectionProblem;
  return hint === undefined ? { code, message } : { code, message, hint };
};

const connectionProblem: Problem = {
  code: 'CONNECTION_LOST',
  message: 'The connection to the engine was lost before it answered.',
  hint: 'The page reconnects by itself; then try again.',
};

/** The engine does not know this page's token. */
export const isUnauthorized = (error: unknown): boolean =>
  isRecord(error) && isRecord(error['data']) && error['data']['code'] === 'UNAUTHORIZED';
