/**
 * The rows of a large result that are needed now: fetched by page as they come into view, the least recently seen forgotten.
 * Whoever scrolls fast asks for pages that are gone from view before they come: only what is still wanted is fetched.
 */
import type { Cell } from '../../engine/contract/index.ts';

export type Row = readonly Cell[];

export interface PageCache {
  /** The row, if it is here. */
  row(index: number): Row | undefined;
  /** Says which rows are in view; what is missing of them is fetched. */
  want(first: number, last: number): void;
  /** Called when rows came or a fetch failed. */
  subscribe(listener: () => void): () => void;
  /** Changes with every call of a listener. */
  version(): number;
  /** Why the newest fetch failed, until one succeeds. */
  error(): unknown;
}

export interface PageCacheOptions {
  readonly rows: number;
  readonly rowsPerPage: number;
  readonly pagesMax: number;
  readonly fetch: (offset: number, limit: number) => Promise<readonly Row[]>;
}

const inFlightMax = 2;

export const createPageCache = ({ rows, rowsPerPage, pagesMax, fetch }: PageCacheOptions): PageCache => {
  /** In the order in which they were last seen: a Map keeps the order of insertion. */
  const pages = new Map<number, readonly Row[]>();
  const inFlight = new Set<number>();
  const listeners = new Set<() => void>();
  let wanted: number[] = [];
  let version = 0;
  let error: unknown;

  const tell = (): void => {
    version += 1;
    for (const listener of listeners) listener();
  };
  const keep = (page: number, content: readonly Row[]): void => {
    pages.set(page, content);
    for (const oldest of pages.keys()) {
      if (pages.size <= pagesMax) return;
      if (!wanted.includes(oldest)) pages.delete(oldest);
    }
  };
  const load = async (page: number): Promise<void> => {
    inFlight.add(page);
    try {
      keep(page, await fetch(page * rowsPerPage, rowsPerPage));
      error = undefined;
    } catch (failure) {
      error = failure;
      wanted = wanted.filter((each) => each !== page);
    } finally {
      inFlight.delete(page);
      tell();
      pump();
    }
  };
  const pump = (): void => {
    for (const page of wanted) {
      if (inFlight.size >= inFlightMax) return;
      if (!pages.has(page) && !inFlight.has(page)) void load(page);
    }
  };
  return {
    row: (index) => pages.get(Math.floor(index / rowsPerPage))?.[index % rowsPerPage],
    want: (first, last) => {
      const from = Math.floor(Math.max(0, first) / rowsPerPage);
      const to = Math.floor(Math.min(last, rows - 1) / rowsPerPage);
      wanted = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
      for (const page of wanted) {
        const content = pages.get(page);
        if (content === undefined) continue;
        pages.delete(page);
        pages.set(page, content);
      }
      pump();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    version: () => version,
    error: () => error,
  };
};
