/** The tabs in this browser: loaded at start, stored half a second after each change and when the page goes away. */
import { createStore } from '../api/store.ts';
import { activateTab, addTab, changeTab, closeTab, parseTabs, stepTab, type Tab, type Tabs } from './tabs.ts';

const key = 'tiffin.query.tabs';
const storeAfterMs = 500;

export const tabStore = createStore<Tabs>(parseTabs(window.localStorage.getItem(key)));

let timer: ReturnType<typeof setTimeout> | undefined;
const persist = (): void => {
  clearTimeout(timer);
  timer = undefined;
  window.localStorage.setItem(key, JSON.stringify(tabStore.get()));
};
tabStore.subscribe(() => {
  timer ??= setTimeout(persist, storeAfterMs);
});
window.addEventListener('pagehide', persist);

const freshId = (): string => crypto.randomUUID();

export const activeTab = ({ tabs, active }: Tabs): Tab => tabs.find((tab) => tab.id === active) ?? tabs[0]!;

export const openTab = (sql = '', name?: string): void =>
  tabStore.update((state) => addTab(state, freshId(), sql, name));
export const shutTab = (id: string): void => tabStore.update((state) => closeTab(state, id, freshId()));
export const renameTab = (id: string, name: string): void => tabStore.update((state) => changeTab(state, id, { name }));
export const editTab = (id: string, sql: string): void => tabStore.update((state) => changeTab(state, id, { sql }));
export const showTab = (id: string): void => tabStore.update((state) => activateTab(state, id));
export const cycleTab = (step: number): void => tabStore.update((state) => stepTab(state, step));

/** Opens SQL in a tab: the one that has exactly this text already, an empty one that is active, or a new one. */
export const openSqlInTab = (sql: string, name: string): void => {
  const state = tabStore.get();
  const same = state.tabs.find((tab) => tab.sql === sql);
  const current = activeTab(state);
  if (same !== undefined) showTab(same.id);
  else if (current.sql.trim() === '') tabStore.set(changeTab(state, current.id, { sql, name }));
  else openTab(sql, name);
};
