/**
 * The comparisons of the audit, as pure functions of what was counted. Every line holds counts that must agree; nothing is
 * judged "about right".
 */
import type { AuditLine, AuditReport, FlowGraph } from '../contract/index.ts';
import type { TableComparison, TableProgress } from '../query/session/index.ts';

/** What bronze holds of a topic. */
export interface BronzeCount {
  readonly table: string;
  readonly topic: string;
  readonly rows: number;
  /** different partitions and offsets among them: fewer when a message is there twice */
  readonly positions: number;
}

export interface CdcExpectation {
  readonly topic: string;
  readonly table: string;
  /** change log and snapshot together */
  readonly messages: number;
}

export interface AuditFacts {
  readonly atMs: number;
  /** topic → events that the ledger says are acknowledged */
  readonly ledger: Readonly<Record<string, number>>;
  /** topic → messages in Kafka */
  readonly kafka: Readonly<Record<string, number>>;
  readonly bronze: readonly BronzeCount[];
  readonly tables: readonly TableProgress[];
  /** table → rows of its own, counted by reading it */
  readonly counted: Readonly<Record<string, number>>;
  readonly graph: FlowGraph;
  readonly cdc: readonly CdcExpectation[];
  readonly comparisons: readonly TableComparison[];
  /** what could not be found out, as sentences */
  readonly notes: readonly string[];
}

export const quarantineOf = (table: string): string => `${table}__quarantine`;

export const auditReport = (facts: AuditFacts): AuditReport => {
  const lines = [
    ...topicLines(facts),
    ...cdcLines(facts),
    ...flowLines(facts),
    ...handOverLines(facts),
    ...copyLines(facts),
    ...facts.notes.map((note) => ({ check: 'books of a source', subject: 'ledger', counts: [], ok: false, note })),
  ];
  return { ok: lines.every((line) => line.ok), atMs: facts.atMs, lost: lost(facts), lines };
};

const agree = (counts: AuditLine['counts']): boolean => counts.every(({ count }) => count === counts[0]!.count);

const line = (check: string, subject: string, counts: AuditLine['counts'], note?: string): AuditLine => ({
  check,
  subject,
  counts,
  ok: agree(counts),
  ...(note !== undefined && { note }),
});

const bronzeOf = ({ bronze }: AuditFacts, topic: string): readonly BronzeCount[] =>
  bronze.filter((count) => count.topic === topic);

/** Ledger = Kafka = bronze, by topic. */
const topicLines = (facts: AuditFacts): AuditLine[] => {
  const cdc = new Set(facts.cdc.map(({ topic }) => topic));
  const topics = [...new Set([...Object.keys(facts.ledger), ...Object.keys(facts.kafka)])].toSorted();
  return topics
    .filter((topic) => !cdc.has(topic))
    .map((topic) => {
      const ledger = facts.ledger[topic];
      const counts = [
        ...(ledger === undefined ? [] : [{ hop: 'ledger', count: ledger }]),
        { hop: 'Kafka', count: facts.kafka[topic] ?? 0 },
        ...bronzeCounts(facts, topic),
      ];
      return line('events of a topic', topic, counts, noteOn(facts, topic));
    });
};

const bronzeCounts = (facts: AuditFacts, topic: string): AuditLine['counts'] =>
  bronzeOf(facts, topic).flatMap(({ table, rows, positions }) => [
    { hop: table, count: rows },
    ...(rows === positions ? [] : [{ hop: `${table}, each message once`, count: positions }]),
  ]);

/** Kafka has its events, and no table is made of them. */
export const unreadTopic = 'no pipeline reads this topic into bronze';

const noteOn = (facts: AuditFacts, topic: string): string | undefined => {
  const bronze = bronzeOf(facts, topic);
  if (facts.ledger[topic] === undefined) return 'written by another source: the ledger does not know it';
  if (bronze.length === 0 && (facts.kafka[topic] ?? 0) > 0) return unreadTopic;
  return undefined;
};

/** Change log + snapshot = Kafka = bronze, by table of the shop. */
const cdcLines = (facts: AuditFacts): AuditLine[] =>
  facts.cdc.map(({ topic, table, messages }) =>
    line('changes of a table', table, [
      { hop: 'change log', count: messages },
      { hop: topic, count: facts.kafka[topic] ?? 0 },
      ...bronzeCounts(facts, topic),
    ]),
  );

const parts = ['filtered', 'duplicates', 'quarantined', 'dropped', 'late'] as const;

/** Every row that a flow read is accounted for; what it says it wrote is there. */
const flowLines = (facts: AuditFacts): AuditLine[] =>
  facts.tables.flatMap(({ name, counters }) => {
    if (!counters || kindOf(facts, name) === undefined) return [];
    const get = (counter: string): number => counters[counter] ?? 0;
    const out = get('rowsOut') + parts.reduce((sum, part) => sum + get(part), 0);
    const told = parts.filter((part) => get(part) > 0).map((part) => `${part} ${get(part)}`);
    if (kindOf(facts, name) === 'materialized view') return writtenLines(facts, name, get);
    const balance = line(
      'rows of a flow',
      name,
      [
        { hop: get('expanded') > 0 ? 'read and expanded' : 'read', count: get('rowsIn') + get('expanded') },
        { hop: 'written and accounted for', count: out },
      ],
      [`written ${get('rowsOut')}`, ...told].join(', '),
    );
    return [balance, ...writtenLines(facts, name, get)];
  });

/** A table that is kept as the newest row of each key says how many keys came and went. */
const expectedRows = (get: (counter: string) => number): number =>
  get('inserted') + get('updated') + get('deleted') > 0 ? get('inserted') - get('deleted') : get('rowsOut');

const writtenLines = (facts: AuditFacts, name: string, get: (counter: string) => number): AuditLine[] => {
  const quarantine = facts.counted[quarantineOf(name)];
  const rows = line('rows of a table', name, [
    { hop: 'written', count: expectedRows(get) },
    { hop: 'count(*)', count: facts.counted[name] ?? 0 },
  ]);
  if (quarantine === undefined && get('quarantined') === 0) return [rows];
  const set = line('rows of a table', quarantineOf(name), [
    { hop: 'quarantined', count: get('quarantined') },
    { hop: 'count(*)', count: quarantine ?? 0 },
  ]);
  return [rows, set];
};

const kindOf = ({ graph }: AuditFacts, name: string): FlowGraph['nodes'][number]['kind'] | undefined =>
  graph.nodes.find((node) => node.name === name && node.kind !== 'quarantine')?.kind;

/** A flow that reads one table has read all of it. */
const handOverLines = (facts: AuditFacts): AuditLine[] =>
  facts.tables.flatMap(({ name, counters }) => {
    const from = facts.graph.edges.filter((edge) => edge.to === name).map((edge) => edge.from);
    const [upstream] = from;
    const rows = upstream === undefined ? undefined : facts.counted[upstream];
    if (from.length !== 1 || rows === undefined || kindOf(facts, name) !== 'streaming table') return [];
    return [
      line('rows handed over', `${upstream} → ${name}`, [
        { hop: upstream!, count: rows },
        { hop: `read by ${name}`, count: counters?.['rowsIn'] ?? 0 },
      ]),
    ];
  });

/** The shop's tables = their copies, value by value. */
const copyLines = ({ comparisons }: AuditFacts): AuditLine[] =>
  comparisons.map(({ table, copy, rows, copied, missing, extra }) => ({
    check: 'rows of a copy',
    subject: copy,
    counts: [
      { hop: `shop.db ${table}`, count: rows },
      { hop: copy, count: copied },
    ],
    ok: rows === copied && missing === 0 && extra === 0,
    note:
      missing + extra === 0
        ? 'every value is the same'
        : `${missing} rows are missing or differ, ${extra} should not be there`,
  }));

/** What the ledger knows and bronze lacks. */
const lost = (facts: AuditFacts): number =>
  Object.entries(facts.ledger).reduce((sum, [topic, events]) => {
    const bronze = bronzeOf(facts, topic);
    // A topic that no pipeline reads is not lost as long as Kafka has it.
    const kept =
      bronze.length === 0 ? (facts.kafka[topic] ?? 0) : Math.min(...bronze.map(({ positions }) => positions));
    return sum + Math.max(0, events - kept);
  }, 0);
