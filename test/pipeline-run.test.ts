/** The pipeline on real parts: broker, kafkajs, DuckDB, Delta tables. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CompressionTypes } from 'kafkajs';
import { afterEach, describe, expect, test } from 'vitest';
import { counts, eventually, Stage } from './pipeline-harness.ts';

let stage: Stage;
afterEach(async () => {
  await stage.close();
});

const bronze = `CREATE OR REFRESH STREAMING TABLE bronze.events AS SELECT * FROM STREAM read_kafka(topics => 'event.*');\n`;
const silver = `CREATE OR REFRESH STREAMING TABLE silver.events (
  CONSTRAINT has_id EXPECT (id <> '') ON VIOLATION QUARANTINE,
  CONSTRAINT positive EXPECT (n > 0) ON VIOLATION QUARANTINE,
  CONSTRAINT small EXPECT (n < 1000) ON VIOLATION DROP ROW,
  CONSTRAINT odd EXPECT (n % 2 = 1)
) AS SELECT DISTINCT ON (id) e.id AS id, e.n AS n
FROM (SELECT from_json(CASE WHEN json_valid(value) THEN value END, '{"id": "VARCHAR", "n": "BIGINT"}') AS e
      FROM STREAM bronze.events WHERE topic <> 'event.other');\n`;
const gold = `CREATE OR REFRESH MATERIALIZED VIEW gold.totals AS SELECT count(*) AS n, sum(n) AS total FROM silver.events;\n`;

describe('bronze', () => {
  test('keeps every message as it came, in the six columns of read_kafka', async () => {
    stage = await Stage.open(bronze);
    const bad = Buffer.from([0x7b, 0xff, 0x27]);
    await stage.send(
      'event.a',
      { key: 'k', value: 'é', timestamp: '1700000000123' },
      { key: null, value: null },
      { value: bad },
    );
    const pipeline = await stage.start();
    await pipeline.drain();
    const rows = await stage.rows(
      'bronze.events',
      'SELECT * REPLACE (epoch_ms(timestamp) AS timestamp) FROM {table} ORDER BY "offset"',
    );
    expect(rows[0]).toEqual({
      key: 'k',
      value: 'é',
      topic: 'event.a',
      partition: 0,
      offset: '0',
      timestamp: '1700000000123',
    });
    expect(rows[1]).toMatchObject({ key: null, value: null });
    expect(rows[2]).toMatchObject({ value: '{\\xFF\\x27' });
    expect(Object.keys(rows[0]!)).toEqual(['key', 'value', 'topic', 'partition', 'offset', 'timestamp']);
  });

  test('finds topics that appear later and match', async () => {
    stage = await Stage.open(bronze);
    const pipeline = await stage.start();
    await stage.send('event.a', { id: 'a' });
    await pipeline.drain();
    await stage.send('event.b', { id: 'b' });
    await stage.send('else.c', { id: 'c' });
    await eventually(() => pipeline.metrics().tables['bronze.events']!.rows === 2 || undefined);
    expect(pipeline.graph().nodes.map(({ id }) => id)).toEqual(['topic:event.a', 'topic:event.b', 'bronze.events']);
  });

  test('reads compressed and committed messages, and none of an aborted transaction', async () => {
    stage = await Stage.open(bronze);
    const messages = Array.from({ length: 500 }, (_, n) => ({ value: `gzip ${n}` }));
    await stage.producer.send({ topic: 'event.a', messages, compression: CompressionTypes.GZIP });
    const producer = stage.kafka().producer({ transactionalId: 't', idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (const outcome of ['commit', 'abort', 'commit'] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: 'event.a', messages: [{ value: outcome }, { value: outcome }] });
      await transaction[outcome]();
    }
    await producer.disconnect();
    const pipeline = await stage.start();
    await pipeline.drain();
    const rows = await stage.rows(
      'bronze.events',
      "SELECT split_part(value, ' ', 1) AS what, count(*) AS n FROM {table} GROUP BY 1 ORDER BY 1",
    );
    expect(rows).toEqual([
      { what: 'commit', n: '4' },
      { what: 'gzip', n: '500' },
    ]);
    expect(pipeline.metrics().tables['bronze.events']!.lagMessages).toBe(0);
  });
});

describe('silver', () => {
  const messages = [
    { id: 'a', n: 1 },
    { id: 'a', n: 99 },
    { id: 'b', n: -2 },
    { id: '', n: 0 },
    { id: 'c', n: 5000 },
    { id: 'd', n: 4 },
  ];

  test('accounts for every row that it reads', async () => {
    stage = await Stage.open(bronze + silver + gold);
    const pipeline = await stage.start();
    await stage.send('event.a', ...messages, { value: 'no json' }, { value: null });
    await stage.send('event.other', { id: 'x', n: 1 });
    await pipeline.drain();
    expect(counts(pipeline, 'silver.events')).toEqual({
      rowsIn: 9,
      filtered: 1,
      duplicates: 1,
      quarantined: 4,
      dropped: 1,
      rowsOut: 2,
    });
    expect(pipeline.metrics().tables['silver.events']!.violations).toEqual({
      has_id: 3,
      positive: 4,
      small: 3,
      odd: 6,
    });
    expect(await stage.rows('silver.events', 'SELECT * FROM {table} ORDER BY id')).toEqual([
      { id: 'a', n: '1' },
      { id: 'd', n: '4' },
    ]);
    expect(await stage.rows('gold.totals')).toEqual([{ n: '2', total: '5' }]);
    const kept = await stage.rows(
      'silver.events__quarantine',
      'SELECT id, n, _reasons, _topic, _partition, _offset FROM {table} ORDER BY _offset',
    );
    expect(kept).toEqual([
      { id: 'b', n: '-2', _reasons: ['positive', 'odd'], _topic: 'event.a', _partition: 0, _offset: '2' },
      { id: '', n: '0', _reasons: ['has_id', 'positive', 'odd'], _topic: 'event.a', _partition: 0, _offset: '3' },
      {
        id: null,
        n: null,
        _reasons: ['has_id', 'positive', 'small', 'odd'],
        _topic: 'event.a',
        _partition: 0,
        _offset: '6',
      },
      {
        id: null,
        n: null,
        _reasons: ['has_id', 'positive', 'small', 'odd'],
        _topic: 'event.a',
        _partition: 0,
        _offset: '7',
      },
    ]);
  });

  test('knows duplicates from before a restart, also those in quarantine', async () => {
    stage = await Stage.open(bronze + silver);
    await stage.send('event.a', ...messages);
    const first = await stage.start();
    await first.drain();
    await stage.stopPipeline(first);
    await stage.send('event.a', { id: 'a', n: 7 }, { id: 'b', n: 7 }, { id: 'e', n: 7 });
    const second = await stage.start();
    await second.drain();
    expect(counts(second, 'silver.events')).toEqual({
      rowsIn: 9,
      duplicates: 3,
      quarantined: 2,
      dropped: 1,
      rowsOut: 3,
    });
    expect(await stage.rows('silver.events', 'SELECT id FROM {table} ORDER BY id')).toEqual([
      { id: 'a' },
      { id: 'd' },
      { id: 'e' },
    ]);
  });

  test('repeats exactly the batch that only quarantine has, when it was killed between the two commits', async () => {
    stage = await Stage.open(bronze + silver);
    const first = await stage.start();
    await stage.send('event.a', { id: 'z', n: 1 });
    await first.drain();
    await stage.send('event.a', ...messages);
    await first.drain();
    await stage.stopPipeline(first);
    const log = join(stage.lakeRoot, 'silver', 'events', '_delta_log');
    const last = readdirSync(log)
      .filter((name) => /^\d+\.json$/.test(name))
      .toSorted()
      .at(-1)!;
    rmSync(join(log, last));
    await stage.send('event.a', { id: 'b', n: 3 }, { id: 'f', n: -1 });

    const second = await stage.start();
    await second.drain();
    expect(counts(second, 'silver.events')).toEqual({
      rowsIn: 9,
      duplicates: 2,
      quarantined: 3,
      dropped: 1,
      rowsOut: 3,
    });
    expect(await stage.rows('silver.events', 'SELECT id FROM {table} ORDER BY id')).toEqual([
      { id: 'a' },
      { id: 'd' },
      { id: 'z' },
    ]);
    const kept = await stage.rows('silver.events__quarantine', 'SELECT id FROM {table} ORDER BY _offset');
    expect(kept).toEqual([{ id: 'b' }, { id: '' }, { id: 'f' }]);
  });

  test('looks rows up in another table', async () => {
    stage = await Stage.open(`${bronze}
      CREATE STREAMING TABLE bronze.names AS SELECT key, value AS name FROM STREAM read_kafka(topics => 'name');
      CREATE STREAMING TABLE silver.named AS SELECT value, name FROM STREAM bronze.events JOIN bronze.names USING (key);`);
    await stage.send('name', { key: 'a', value: 'Anna' });
    const pipeline = await stage.start();
    await pipeline.drain();
    await stage.send('event.a', { key: 'a', value: '1' }, { key: 'b', value: '2' });
    await pipeline.drain();
    expect(await stage.rows('silver.named')).toEqual([{ value: '1', name: 'Anna' }]);
    expect(counts(pipeline, 'silver.named')).toEqual({ rowsIn: 2, filtered: 1, rowsOut: 1 });
  });

  test('with a watermark takes nothing older than it, and remembers it over a restart', async () => {
    stage = await Stage.open(`${bronze}
      CREATE STREAMING TABLE silver.timed AS
      SELECT DISTINCT ON (id) value->>'id' AS id, (value->>'at')::TIMESTAMPTZ AS at
      FROM STREAM bronze.events WATERMARK at DELAY OF INTERVAL 10 MINUTES;`);
    const pipeline = await stage.start();
    await stage.send('event.a', { id: 'a', at: '2026-01-01T12:00:00Z' });
    await pipeline.drain();
    await stage.send(
      'event.a',
      { id: 'b', at: '2026-01-01T11:50:00Z' },
      { id: 'c', at: '2026-01-01T11:49:59Z' },
      { id: 'a', at: '2026-01-01T12:00:00Z' },
    );
    await pipeline.drain();
    expect(counts(pipeline, 'silver.timed')).toEqual({ rowsIn: 4, late: 1, duplicates: 1, rowsOut: 2 });
    await stage.stopPipeline(pipeline);
    await stage.send('event.a', { id: 'd', at: '2026-01-01T11:00:00Z' }, { id: 'b', at: '2026-01-01T11:50:00Z' });
    const again = await stage.start();
    await again.drain();
    expect(counts(again, 'silver.timed')).toEqual({ rowsIn: 6, late: 2, duplicates: 2, rowsOut: 2 });
  });
});

describe('a flow that fails', () => {
  test('says why and where, writes nothing, and leaves the others alone', async () => {
    stage = await Stage.open(`${bronze}
      CREATE STREAMING TABLE silver.strict (CONSTRAINT never EXPECT (value <> 'bad') ON VIOLATION FAIL UPDATE)
        AS SELECT value FROM STREAM bronze.events;
      CREATE STREAMING TABLE silver.calm AS SELECT value FROM STREAM bronze.events;`);
    await stage.send('event.a', { value: 'good' }, { value: 'bad' });
    const pipeline = await stage.start();
    await expect(pipeline.drain()).rejects.toThrow(/violate 'never'/);
    const { error, rows, state } = pipeline.metrics().tables['silver.strict']!;
    expect(error).toMatchObject({ code: 'EXPECTATION_FAILED', file: 'pipelines/all.sql', line: 3 });
    expect(error!.message).toContain('the first at event.a/0, offset 1');
    expect([rows, state]).toEqual([0, 'failed']);
    expect(await stage.rows('silver.calm')).toHaveLength(2);
  });

  test('says when an edited query no longer fits its table, and a full refresh makes it anew', async () => {
    stage = await Stage.open(bronze + silver + gold);
    await stage.send('event.a', { id: 'a', n: 1 }, { id: 'b', n: 3 });
    const first = await stage.start();
    await first.drain();
    await stage.stopPipeline(first);
    stage.write(bronze + silver.replace('e.n AS n', 'e.n AS n, 1 AS one') + gold);
    const second = await stage.start();
    await stage.send('event.a', { id: 'c', n: 5 });
    await second.drain();
    expect(await stage.rows('silver.events', 'SELECT id, one FROM {table} ORDER BY id')).toEqual([
      { id: 'a', one: null },
      { id: 'b', one: null },
      { id: 'c', one: 1 },
    ]);
    await stage.stopPipeline(second);
    stage.write(bronze + silver.replace('e.n AS n', 'e.n::INTEGER AS n') + gold);
    const third = await stage.start();
    await expect(third.drain()).rejects.toThrow(/silver.events is stored as/);
    const refreshed = await third.refresh(['silver.events'], { full: true });
    expect(refreshed.map(({ table, rows }) => [table, rows])).toEqual([
      ['silver.events', 3],
      ['gold.totals', 1],
    ]);
    expect(counts(third, 'silver.events')).toEqual({ rowsIn: 3, rowsOut: 3 });
  });
});

describe('Kafka', () => {
  test('may go away and come back', async () => {
    stage = await Stage.open(bronze);
    const { port } = stage.broker;
    await stage.send('event.a', { value: '1' });
    const pipeline = await stage.start();
    await pipeline.drain();
    await stage.producer.disconnect();
    await stage.broker.stop();
    await eventually(() => pipeline.metrics().kafka.problem?.code === 'KAFKA_AWAY' || undefined);
    expect(pipeline.metrics().tables['bronze.events']).toMatchObject({ state: 'waiting', rows: 1 });
    await stage.startBroker(port);
    await stage.producer.connect();
    await stage.send('event.a', { value: '2' });
    await eventually(() => pipeline.metrics().tables['bronze.events']!.rows === 2 || undefined);
    await eventually(() => pipeline.metrics().kafka.reachable || undefined);
  });

  test('that lost a topic is told, and a full refresh starts over from what there is', async () => {
    stage = await Stage.open(bronze + silver);
    await stage.send('event.a', { id: 'a', n: 1 }, { id: 'b', n: 1 });
    const pipeline = await stage.start();
    await pipeline.drain();
    const admin = stage.kafka().admin();
    await admin.connect();
    await admin.deleteTopics({ topics: ['event.a'] });
    await stage.send('event.a', { id: 'c', n: 1 });
    await admin.disconnect();
    const error = await eventually(() => pipeline.metrics().tables['bronze.events']!.error);
    expect(error.code).toBe('KAFKA_OFFSET_GONE');
    expect(error.message).toContain('event.a, partition 0 up to offset 2');
    await pipeline.refresh(['bronze.events'], { full: true });
    expect(await stage.rows('silver.events', 'SELECT id FROM {table}')).toEqual([{ id: 'c' }]);
    expect(counts(pipeline, 'silver.events')).toEqual({ rowsIn: 1, rowsOut: 1 });
  });

  test('is read in bounded batches, and every message once', async () => {
    stage = await Stage.open(bronze + gold.replace('silver.events', '(SELECT value::BIGINT AS n FROM bronze.events)'));
    const total = 20_000;
    for (let from = 0; from < total; from += 2000) {
      const messages = Array.from({ length: 2000 }, (_, n) => ({ value: String(from + n) }));
      await stage.producer.send({ topic: from % 4000 === 0 ? 'event.a' : 'event.b', messages });
    }
    const pipeline = await stage.start({ batchRowsMax: 3000, batchBytesMax: 64 * 1024 });
    await pipeline.drain();
    expect(await stage.rows('gold.totals')).toEqual([{ n: String(total), total: String((total * (total - 1)) / 2) }]);
    expect(pipeline.metrics().tables['bronze.events']!.batches).toBeGreaterThan(1);
  });
});

describe('a materialized view', () => {
  test('rests while nothing changed, and always ends equal to its query', async () => {
    stage = await Stage.open(bronze + silver + gold);
    const pipeline = await stage.start();
    await stage.send('event.a', { id: 'a', n: 1 });
    await pipeline.drain();
    const { version } = pipeline.metrics().tables['gold.totals']!;
    await stage.send('event.a', { id: 'a', n: 1 });
    await pipeline.drain();
    expect(pipeline.metrics().tables['gold.totals']!.version).toBe(version);
    await stage.send('event.a', { id: 'b', n: 3 });
    await pipeline.drain();
    expect(await stage.rows('gold.totals')).toEqual([{ n: '2', total: '4' }]);
    const { count, p50 } = pipeline.metrics().freshnessMs;
    expect(count).toBe(2);
    expect(p50).toBeGreaterThan(0);
  });
});

const change = (type: string, position: number, id: string, n: number): object => ({
  type,
  position,
  data: { id, n },
});

describe('a change-data flow', () => {
  const cdc = `CREATE STREAMING TABLE bronze.changes AS SELECT * FROM STREAM read_kafka(topics => 'cdc');
    CREATE TEMPORARY VIEW changes AS
      SELECT c.type, c.position, unnest(c.data) FROM (
        SELECT from_json(value, '{"type": "VARCHAR", "position": "BIGINT", "data": {"id": "VARCHAR", "n": "BIGINT"}}') AS c
        FROM STREAM bronze.changes) WHERE c.data.id IS NOT NULL;
    CREATE STREAMING TABLE silver.current;
    CREATE FLOW current AS AUTO CDC INTO silver.current FROM STREAM changes KEYS (id)
      APPLY AS DELETE WHEN type = 'delete' SEQUENCE BY position COLUMNS * EXCEPT (type) STORED AS SCD TYPE 1;`;

  test('keeps the newest row of each key, whatever the batches', async () => {
    stage = await Stage.open(cdc);
    const pipeline = await stage.start();
    await stage.send(
      'cdc',
      change('bootstrap-insert', 5, 'a', 1),
      change('bootstrap-insert', 5, 'b', 1),
      change('bootstrap-insert', 5, 'c', 1),
    );
    await pipeline.drain();
    await stage.send(
      'cdc',
      change('update', 6, 'a', 2),
      change('delete', 7, 'b', 1),
      change('update', 8, 'a', 3),
      change('insert', 9, 'd', 4),
    );
    await pipeline.drain();
    await stage.send('cdc', change('update', 4, 'a', 0), change('insert', 10, 'b', 9), { nothing: 1 });
    await pipeline.drain();
    expect(await stage.rows('silver.current', 'SELECT id, n, position FROM {table} ORDER BY id')).toEqual([
      { id: 'a', n: '3', position: '8' },
      { id: 'b', n: '9', position: '10' },
      { id: 'c', n: '1', position: '5' },
      { id: 'd', n: '4', position: '9' },
    ]);
    const { rowsIn, filtered, duplicates, rowsOut } = pipeline.metrics().tables['silver.current']!;
    expect([rowsIn, filtered, rowsIn - filtered - duplicates]).toEqual([10, 1, rowsOut]);
  });
});
