/** The tabs of the editor: plain data that survives a reload, changed by pure functions. */
export interface Tab {
  readonly id: string;
  readonly name: string;
  readonly sql: string;
}
export interface Tabs {
  readonly tabs: readonly Tab[];
  readonly active: string;
}

const firstSql = `-- The newest orders. Run with Ctrl+Enter (⌘ Enter on a Mac).
SELECT *
FROM silver.orders
LIMIT 100;
`;

const numbered = /^Query (\d+)$/;
const nextName = (tabs: readonly Tab[]): string => {
  const numbers = tabs.map((tab) => Number(numbered.exec(tab.name)?.[1] ?? 0));
  return `Query ${Math.max(0, ...numbers) + 1}`;
};

export const initialTabs = (): Tabs => ({ tabs: [{ id: 'first', name: 'Query 1', sql: firstSql }], active: 'first' });

export const addTab = ({ tabs }: Tabs, id: string, sql = '', name = nextName(tabs)): Tabs => ({
  tabs: [...tabs, { id, name, sql }],
  active: id,
});

/** The neighbour to the right becomes active, at the end the one to the left; the last tab is replaced by an empty one. */
export const closeTab = (state: Tabs, id: string, freshId: string): Tabs => {
  const index = state.tabs.findIndex((tab) => tab.id === id);
  if (index < 0) return state;
  const tabs = state.tabs.filter((tab) => tab.id !== id);
  if (tabs.length === 0) return addTab({ tabs, active: '' }, freshId);
  const active = state.active === id ? tabs[Math.min(index, tabs.length - 1)]!.id : state.active;
  return { tabs, active };
};

export const changeTab = (state: Tabs, id: string, change: Partial<Pick<Tab, 'name' | 'sql'>>): Tabs => ({
  ...state,
  tabs: state.tabs.map((tab) => (tab.id === id ? { ...tab, ...change } : tab)),
});

export const activateTab = (state: Tabs, id: string): Tabs =>
  state.tabs.some((tab) => tab.id === id) ? { ...state, active: id } : state;

/** Moves the active tab by `step`, round the ends. */
export const stepTab = (state: Tabs, step: number): Tabs => {
  const index = state.tabs.findIndex((tab) => tab.id === state.active);
  const next = state.tabs.at((index + step + state.tabs.length) % state.tabs.length);
  return next === undefined ? state : { ...state, active: next.id };
};

const isTab = (value: unknown): value is Tab =>
  typeof value === 'object' &&
  value !== null &&
  ['id', 'name', 'sql'].every((key) => typeof (value as Record<string, unknown>)[key] === 'string');

/** Reads what was stored; anything unexpected is as if nothing had been. */
export const parseTabs = (text: string | null): Tabs => {
  const stored = text === null ? null : parseJson(text);
  if (typeof stored !== 'object' || stored === null || !('tabs' in stored) || !Array.isArray(stored.tabs))
    return initialTabs();
  const tabs = stored.tabs.filter(isTab);
  const first = tabs[0];
  if (first === undefined) return initialTabs();
  const active = 'active' in stored && tabs.some((tab) => tab.id === stored.active) ? String(stored.active) : first.id;
  return { tabs, active };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // What is not JSON was not written by us.
    return null;
  }
};
