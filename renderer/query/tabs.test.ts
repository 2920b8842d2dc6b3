import { expect, test } from 'vitest';
import { activateTab, addTab, changeTab, closeTab, initialTabs, parseTabs, stepTab, type Tabs } from './tabs.ts';

const three = (): Tabs => addTab(addTab(initialTabs(), 'second', 'SELECT 2'), 'third', 'SELECT 3', 'Totals');

test('a new tab is active and has the next free number', () => {
  const { tabs, active } = addTab(three(), 'fourth');
  expect([tabs.map((tab) => tab.name), active]).toEqual([['Query 1', 'Query 2', 'Totals', 'Query 3'], 'fourth']);
});

test('closing the active tab activates its right neighbour, at the end the left one', () => {
  expect(closeTab(activateTab(three(), 'second'), 'second', 'x').active).toBe('third');
  expect(closeTab(three(), 'third', 'x').active).toBe('second');
  expect(closeTab(three(), 'first', 'x').active).toBe('third');
});

test('closing the last tab leaves an empty one', () => {
  expect(closeTab(initialTabs(), 'first', 'fresh')).toEqual({
    tabs: [{ id: 'fresh', name: 'Query 1', sql: '' }],
    active: 'fresh',
  });
});

test('renaming and editing touch one tab only', () => {
  const changed = changeTab(three(), 'second', { name: 'Mine' });
  expect(changed.tabs.map((tab) => tab.name)).toEqual(['Query 1', 'Mine', 'Totals']);
});

test('stepping goes round', () => {
  expect(stepTab(three(), 1).active).toBe('first');
  expect(stepTab(activateTab(three(), 'first'), -1).active).toBe('third');
});

test('what is stored comes back the same', () => {
  expect(parseTabs(JSON.stringify(three()))).toEqual(three());
});

test.each([null, '', '{', '[]', '{"tabs":[]}', '{"tabs":[{"id":1}],"active":"x"}'])(
  '%s as stored tabs is as none',
  (text) => {
    expect(parseTabs(text)).toEqual(initialTabs());
  },
);
