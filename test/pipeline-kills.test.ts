/** SIGKILL at any moment: what is in the tables is exact, in every layer and counter. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Stage } from './pipeline-harness.ts';

let stage: Stage;
let child: ChildProcess | undefined;
afterEach(async () => {
  child?.kill('SIGKILL');
  await stage.close();
});

const pipelines = `
CREATE STREAMING TABLE bronze.events PARTITIONED BY (date(timestamp) AS day) AS SELECT * FROM STREAM read_kafka(topics => 'event.*');
CREATE STREAMING TABLE silver.events (
  CONSTRAINT positive EXPECT (n >= 0) ON VIOLATION QUARANTINE,
  CONSTRAINT sevens EXPECT (n % 7 <> 0) ON VIOLATION DROP ROW
) AS SELECT DISTINCT ON (id) value->>'id' AS id, (value->>'n')::BIGINT AS n FROM STREAM bronze.events;
CREATE STREAMING TABLE silver.current;
CREATE TEMPORARY VIEW changes AS SELECT value->>'key' AS key, (value->>'n')::BIGINT AS n, (value->>'at')::BIGINT AS at FROM STREAM bronze.events;
CREATE FLOW current AS AUTO CDC INTO silver.current FROM STREAM changes KEYS (key) SEQUENCE BY at STORED AS SCD TYPE 1;
CREATE MATERIALIZED VIEW gold.totals AS SELECT count(*) AS rows, sum(n)::BIGINT AS total FROM silver.events;
`;

interface Event {
  id: string;
  n: number;
  key: string;
  at: number;
}

/** One in ten is sent again, one in five is below zero; the key's newest event is its last. */
const eventAt = (at: number): Event => {
  const first = at % 10 === 9 ? at - 5 : at;
  return { id: `e${first}`, n: first % 5 === 3 ? -first : first, key: `k${at % 50}`, at };
};

const idsOf = (list: readonly { id: string }[]): string[] => list.map(({ id }) => id).toSorted();

const start = async (): Promise<ChildProcess> => {
  const { log: _log, now: _now, ...plain } = { ...stage.config(), durable: true, batchRowsMax: 400 };
  const started = fork(join(import.meta.dirname, 'pipeline-child.ts'), [JSON.stringify(plain)], {
    execPath: process.execPath,
  });
  const exited = once(started, 'exit').then(([code]) => {
    throw new Error(`the pipeline did not start: exit code ${code}`);
  });
  await Promise.race([once(started, 'message'), exited]);
  exited.catch(() => undefined);
  return started;
};

test('kill -9 at any moment loses nothing and doubles nothing', async () => {
  stage = await Stage.open(pipelines);
  const events: Event[] = [];
  const kills = 12;
  for (let kill = 0; kill <= kills; kill += 1) {
    child = await start();
    const until = child;
    const killed = once(until, 'exit');
    // The moment is spread over what a run does: recovery, staging, the two commits, the view.
    const timer = kill < kills ? setTimeout(() => until.kill('SIGKILL'), 40 + kill * 47) : undefined;
    for (let part = 0; part < 4; part += 1) {
      const messages = Array.from({ length: 300 }, () => {
        const event = eventAt(events.length);
        events.push(event);
        return { key: event.key, value: JSON.stringify(event) };
      });
      await stage.producer.send({ topic: `event.${part % 2}`, messages });
    }
    if (timer !== undefined) await killed;
  }
  child!.send('drain');
  await once(child!, 'message');

  const first = new Map<string, Event>();
  for (const event of events) if (!first.has(event.id)) first.set(event.id, event);
  const all = [...first.values()];
  const quarantined = all.filter(({ n }) => n < 0);
  const out = all.filter(({ n }) => n >= 0 && n % 7 !== 0);

  const bronze = await stage.rows(
    'bronze.events',
    `SELECT count(*) AS n, count(DISTINCT (topic, partition, "offset")) AS places FROM {table}`,
  );
  expect(bronze).toEqual([{ n: String(events.length), places: String(events.length) }]);
  const silver = await stage.rows('silver.events', 'SELECT id FROM {table}');
  expect(idsOf(silver as unknown as { id: string }[])).toEqual(idsOf(out));
  const kept = await stage.rows('silver.events__quarantine', 'SELECT id FROM {table}');
  expect(idsOf(kept as unknown as { id: string }[])).toEqual(idsOf(quarantined));
  const total = out.reduce((sum, { n }) => sum + n, 0);
  expect(await stage.rows('gold.totals')).toEqual([{ rows: String(out.length), total: String(total) }]);

  const newest = new Map(events.map((event) => [event.key, event]));
  const current = await stage.rows('silver.current', 'SELECT key, n, "at" FROM {table} ORDER BY "at"');
  expect(current).toEqual(
    [...newest.values()]
      .toSorted((a, b) => a.at - b.at)
      .map(({ key, n, at }) => ({ key, n: String(n), at: String(at) })),
  );

  const { counters } = await stage.snapshot('silver.events');
  const sevens = events.filter(({ n }) => n >= 0 && n % 7 === 0).length;
  // A dropped row is remembered nowhere: sent again, it is dropped again.
  expect(counters).toMatchObject({
    rowsIn: events.length,
    quarantined: quarantined.length,
    rowsOut: out.length,
    late: 0,
    filtered: 0,
  });
  expect(counters!.duplicates! + counters!.dropped!).toBe(events.length - quarantined.length - out.length);
  expect(counters!.dropped).toBeLessThanOrEqual(sevens);
}, 180_000);
