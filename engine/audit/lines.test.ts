import { describe, expect, test } from 'vitest';
import type { FlowGraph } from '../contract/index.ts';
import { type AuditFacts, auditReport } from './lines.ts';

const graph: FlowGraph = {
  nodes: [
    { id: 'topic:order.placed', name: 'order.placed', layer: 'topic', kind: 'topic' },
    { id: 'bronze.orders', name: 'bronze.orders', layer: 'bronze', kind: 'streaming table' },
    { id: 'silver.orders', name: 'silver.orders', layer: 'silver', kind: 'streaming table' },
    { id: 'silver.orders_current', name: 'silver.orders_current', layer: 'silver', kind: 'streaming table' },
    { id: 'gold.by_city', name: 'gold.by_city', layer: 'gold', kind: 'materialized view' },
  ],
  edges: [
    { from: 'topic:order.placed', to: 'bronze.orders' },
    { from: 'bronze.orders', to: 'silver.orders' },
    { from: 'silver.orders', to: 'gold.by_city' },
  ],
};

const table = (name: string, counters: Record<string, number>): AuditFacts['tables'][number] => ({
  name,
  version: 1,
  rows: counters['rowsOut'] ?? 0,
  counters,
  columns: [],
});

const sound: AuditFacts = {
  atMs: 1,
  ledger: { 'order.placed': 10 },
  kafka: { 'order.placed': 10, 'cdc.shop.orders': 5 },
  bronze: [
    { table: 'bronze.orders', topic: 'order.placed', rows: 10, positions: 10 },
    { table: 'bronze.cdc_orders', topic: 'cdc.shop.orders', rows: 5, positions: 5 },
  ],
  tables: [
    table('bronze.orders', { rowsIn: 10, rowsOut: 10 }),
    table('silver.orders', { rowsIn: 10, filtered: 1, duplicates: 2, quarantined: 3, rowsOut: 4 }),
    table('silver.orders_current', { rowsIn: 5, duplicates: 1, rowsOut: 4, inserted: 3, updated: 0, deleted: 1 }),
    table('gold.by_city', { rowsIn: 0, rowsOut: 2 }),
  ],
  counted: {
    'bronze.orders': 10,
    'silver.orders': 4,
    'silver.orders__quarantine': 3,
    'silver.orders_current': 2,
    'gold.by_city': 2,
  },
  graph,
  cdc: [{ topic: 'cdc.shop.orders', table: 'orders', messages: 5 }],
  comparisons: [{ table: 'orders', copy: 'silver.orders_current', rows: 2, copied: 2, missing: 0, extra: 0 }],
  notes: [],
};

const failing = (facts: Partial<AuditFacts>): string[] =>
  auditReport({ ...sound, ...facts })
    .lines.filter(({ ok }) => !ok)
    .map(({ check, subject }) => `${check}: ${subject}`);

describe('the audit', () => {
  test('is content when all counts agree', () => {
    expect(auditReport(sound)).toMatchObject({ ok: true, lost: 0 });
    expect(failing({})).toEqual([]);
  });

  test('finds events that the ledger knows and the lake lacks, and counts them as lost', () => {
    const facts = {
      bronze: [{ table: 'bronze.orders', topic: 'order.placed', rows: 7, positions: 7 }, sound.bronze[1]!],
    };
    expect(failing(facts)).toContain('events of a topic: order.placed');
    expect(auditReport({ ...sound, ...facts })).toMatchObject({ ok: false, lost: 3 });
  });

  test('finds a message that is in bronze twice while another is missing, although the counts agree', () => {
    const facts = {
      bronze: [{ table: 'bronze.orders', topic: 'order.placed', rows: 10, positions: 9 }, sound.bronze[1]!],
    };
    expect(failing(facts)).toEqual(['events of a topic: order.placed']);
    expect(auditReport({ ...sound, ...facts }).lost).toBe(1);
  });

  test('finds more in Kafka than the ledger knows: that is doubled, or foreign', () => {
    expect(failing({ kafka: { ...sound.kafka, 'order.placed': 11 } })).toEqual(['events of a topic: order.placed']);
  });

  test('does not call a topic lost that no pipeline reads', () => {
    const report = auditReport({
      ...sound,
      ledger: { ...sound.ledger, other: 3 },
      kafka: { ...sound.kafka, other: 3 },
    });
    expect(report).toMatchObject({ ok: true, lost: 0 });
    expect(report.lines.find(({ subject }) => subject === 'other')?.note).toMatch(/no pipeline reads/);
  });

  test('finds a change of the database that was not published', () => {
    expect(failing({ cdc: [{ topic: 'cdc.shop.orders', table: 'orders', messages: 6 }] })).toEqual([
      'changes of a table: orders',
    ]);
  });

  test('finds rows that a flow read and did not account for', () => {
    const tables = sound.tables.map((each) =>
      each.name === 'silver.orders' ? table('silver.orders', { ...each.counters, filtered: 0 }) : each,
    );
    expect(failing({ tables })).toEqual(['rows of a flow: silver.orders']);
  });

  test('finds a table, or its quarantine, that holds other than what was written to it', () => {
    expect(failing({ counted: { ...sound.counted, 'gold.by_city': 3 } })).toEqual(['rows of a table: gold.by_city']);
    expect(failing({ counted: { ...sound.counted, 'silver.orders__quarantine': 2 } })).toEqual([
      'rows of a table: silver.orders__quarantine',
    ]);
    expect(failing({ counted: { ...sound.counted, 'silver.orders_current': 3 } })).toEqual([
      'rows of a table: silver.orders_current',
    ]);
  });

  test('finds a flow that did not read all of its source', () => {
    const tables = sound.tables.map((each) =>
      each.name === 'silver.orders' ? table('silver.orders', { ...each.counters, rowsIn: 9, filtered: 0 }) : each,
    );
    expect(failing({ tables })).toEqual(['rows handed over: bronze.orders → silver.orders']);
  });

  test('finds a copy whose values differ although its count is right', () => {
    const comparisons = [{ table: 'orders', copy: 'silver.orders_current', rows: 2, copied: 2, missing: 1, extra: 1 }];
    expect(failing({ comparisons })).toEqual(['rows of a copy: silver.orders_current']);
  });

  test('is not content with what it could not find out', () => {
    expect(failing({ notes: ['a file is gone'] })).toEqual(['books of a source: ledger']);
  });
});
