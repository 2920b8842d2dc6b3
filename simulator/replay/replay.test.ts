import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkCsv, readLedger, replayFile } from '../index.ts';
import type { Replay, ReplayConfig } from '../index.ts';
import { startTestGateway } from '../testing/gateway.ts';
import type { Fault, TestGateway } from '../testing/gateway.ts';
import { tempDir } from '../testing/tempdir.ts';

async function gatewayFor(faultOf?: (post: number) => Fault): Promise<TestGateway> {
  const gateway = await startTestGateway(faultOf);
  onTestFinished(() => gateway.close());
  return gateway;
}

function fileOf(content: string | Buffer, name = 'file.csv'): string {
  const path = join(tempDir(), name);
  writeFileSync(path, content);
  return path;
}

async function start(path: string, gateway: TestGateway, more: Partial<ReplayConfig> = {}): Promise<Replay> {
  const replay = await replayFile({
    path,
    ratePerSecond: null,
    gatewayUrl: gateway.url,
    ledgerPath: join(tempDir(), 'ledger.db'),
    source: 'replay 1',
    log: () => undefined,
    now: () => performance.now(),
    ...more,
  });
  onTestFinished(() => replay.stop());
  return replay;
}

/** The rows of the file as they arrive at the gateway, without what we add. */
async function rowsOf(content: string | Buffer): Promise<Record<string, string>[]> {
  const gateway = await gatewayFor();
  const replay = await start(fileOf(content), gateway);
  expect(await replay.done).toBe('finished');
  return gateway.lines('replay 1').map((line) => {
    const { event_id: _id, row: _row, ...cells } = JSON.parse(line) as Record<string, string>;
    return cells;
  });
}

/** A delivery file as dirty as real ones, if the real one is not at hand. */
function dirtyDeliveries(): string {
  const header =
    'ID,Delivery_person_ID,Delivery_person_Age,Delivery_person_Ratings,Restaurant_latitude,Restaurant_longitude,' +
    'Delivery_location_latitude,Delivery_location_longitude,Type_of_order,Type_of_vehicle,Time_taken(min)';
  const rows = Array.from({ length: 12_000 }, (_, n) => {
    const id = n % 97 === 0 ? '7.00E+02' : n.toString(16).toUpperCase();
    const place = n % 89 === 0 ? '0,0,0.01,0.01' : '22.745049,75.892471,22.765049,75.912471';
    return `${id},INDORES${n % 20}DEL0${n % 3},${n % 53 === 0 ? '' : 30},${n % 61 === 0 ? 6 : 4.5},${place},Snack ,scooter ,${n % 71}`;
  });
  return `${header}\n${rows.join('\n')}\n`;
}

const realFile =
  process.env.TIFFIN_DELIVERIES_CSV ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'deliveries.csv');
const deliveries = existsSync(realFile) ? readFileSync(realFile) : Buffer.from(dirtyDeliveries());

describe('replaying', () => {
  test('a file of deliveries arrives whole: every row once, in order, every cell as it came', async () => {
    const gateway = await gatewayFor((post) => (post % 4 === 1 ? 'cut after' : 'none'));
    const ledgerPath = join(tempDir(), 'ledger.db');
    const replay = await start(fileOf(deliveries), gateway, { ledgerPath });
    expect(await replay.done).toBe('finished');

    const [header, ...rows] = parse(deliveries) as string[][];
    const hash = createHash('sha256').update(deliveries).digest('hex').slice(0, 16);
    const expected = rows.map((cells, index) => ({
      event_id: `${hash}-${index + 1}`,
      row: index + 1,
      ...Object.fromEntries(cells.map((cell, column) => [header![column]!, cell])),
    }));
    expect(gateway.lines('replay 1').map((line) => JSON.parse(line) as unknown)).toEqual(expected);
    expect(gateway.paths('replay 1')).toEqual(new Set(['/v1/topics/replay.deliveries']));
    const counts = { generated: rows.length, acknowledged: rows.length };
    expect(readLedger(ledgerPath)).toMatchObject({
      topics: { 'replay.deliveries': counts },
      sources: [{ source: 'replay 1', kind: 'replay', ...counts }],
    });
    expect(replay.state()).toMatchObject({ phase: 'finished', ...counts });
  });

  test('stopped in the middle, the same run goes on with the next row', async () => {
    const gateway = await gatewayFor();
    const [path, ledgerPath] = [fileOf(deliveries), join(tempDir(), 'ledger.db')];
    const first = await start(path, gateway, { ledgerPath });
    gateway.onPost(() => void (gateway.posts() === 1 && void first.stop()));
    expect(await first.done).toBe('stopped');
    const second = await start(path, gateway, { ledgerPath });
    expect(await second.done).toBe('finished');
    const rows = gateway.lines('replay 1').map((line) => (JSON.parse(line) as { row: number }).row);
    expect(rows).toEqual(Array.from({ length: second.rows }, (_, index) => index + 1));
    expect(gateway.duplicates()).toBe(0);
    expect(readLedger(ledgerPath).topics['replay.deliveries']).toEqual({
      generated: rows.length,
      acknowledged: rows.length,
    });
  });

  test('when Kafka has lost what it had, the rows are sent again', async () => {
    const gateway = await gatewayFor();
    gateway.onPost(() => void (gateway.posts() === 2 && gateway.lose('replay 1', 7)));
    const replay = await start(fileOf(deliveries), gateway);
    expect(await replay.done).toBe('finished');
    const rows = gateway.lines('replay 1').map((line) => (JSON.parse(line) as { row: number }).row);
    expect(rows).toEqual(Array.from({ length: replay.rows }, (_, index) => index + 1));
    expect(replay.state()).toMatchObject({ generated: rows.length, acknowledged: rows.length });
  });

  test('a second run sends the same events under its own sequence; only the first rows if asked', async () => {
    const [gateway, path] = [await gatewayFor(), fileOf('a,b\n1,2\n3,4\n5,6\n', 'My Orders (2).csv')];
    await (
      await start(path, gateway)
    ).done;
    const again = await start(path, gateway, { source: 'replay 2', maxEvents: 2 });
    expect(await again.done).toBe('finished');
    expect(again.topic).toBe('replay.my_orders_2_');
    expect(gateway.lines('replay 2')).toEqual(gateway.lines('replay 1').slice(0, 2));
    expect(gateway.paths('replay 2')).toEqual(new Set(['/v1/topics/replay.my_orders_2_']));
  });

  test('a file that changed under a run is not continued', async () => {
    const [gateway, ledgerPath] = [await gatewayFor(), join(tempDir(), 'ledger.db')];
    const path = fileOf('a,b\n1,2\n');
    await (
      await start(path, gateway, { ledgerPath })
    ).done;
    writeFileSync(path, 'a,b\n1,3\n');
    await expect(start(path, gateway, { ledgerPath })).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  test('a file that changes between the check and the sending ends the run', async () => {
    const gateway = await gatewayFor();
    const path = fileOf('a,b\n1,2\n3,4\n');
    const replay = await start(path, gateway);
    writeFileSync(path, 'a,b\n1,2\n3,5\n');
    await expect(replay.done).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  });
});

describe('files as they are in real life', () => {
  const cells = [
    { a: '1', b: ' x ' },
    { a: '', b: 'two\nlines, "quoted"' },
  ];
  const plain = 'a,b\n1, x \n,"two\nlines, ""quoted"""\n';

  test.each([
    ['plain', plain],
    ['with a byte order mark', `\uFEFF${plain}`],
    ['without a newline at the end', plain.slice(0, -1)],
    ['with blank lines', plain.replace('\n1', '\n\n1').concat('\n\n')],
    ['with semicolons', 'a;b\n1; x \n;"two\nlines, ""quoted"""\n'],
    ['with tabs', 'a\tb\n1\t x \n\t"two\nlines, ""quoted"""\n'],
  ])('%s', async (_, content) => {
    expect(await rowsOf(content)).toEqual(cells);
  });

  test('with line ends of Windows: the cells keep theirs, the rows lose them', async () => {
    const expected = [cells[0], { a: '', b: 'two\r\nlines, "quoted"' }];
    expect(await rowsOf(plain.replaceAll('\n', '\r\n'))).toEqual(expected);
  });

  test('with columns called like ours', async () => {
    expect(await rowsOf('event_id,row\nx,y\n')).toEqual([{ csv_event_id: 'x', csv_row: 'y' }]);
  });

  test('with any text at all in the cells', async () => {
    const cell = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\uFEFF'));
    const table = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(table, async (rows) => {
        const quoted = rows.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(','));
        const facts = await checkCsv(fileOf(`a,b\n${quoted.join('\n')}\n`));
        expect(facts.rows).toBe(rows.length);
        expect(await rowsOf(`a,b\n${quoted.join('\n')}\n`)).toEqual(rows.map(([a, b]) => ({ a, b })));
      }),
      { numRuns: 15 },
    );
  });
});

describe('files that cannot be replayed are refused with one sentence', () => {
  const latin1 = Buffer.from('a,b\ncaf\xe9,2\n', 'latin1');
  const ragged = `a,b\n${'1,2\n'.repeat(16)}1\n`;

  test.each([
    ['empty', '', 'CSV_EMPTY', 'file.csv is empty.'],
    ['only blank lines', '\n\n\n', 'CSV_EMPTY', 'file.csv is empty.'],
    ['only a byte order mark', '\uFEFF', 'CSV_EMPTY', 'file.csv is empty.'],
    ['only a header', 'a,b\n', 'CSV_WITHOUT_ROWS', 'file.csv has a header and no rows.'],
    [
      'a number for a name',
      'a,4.5\n1,2\n',
      'CSV_HEADER_MISSING',
      'The first line of file.csv is not a header: its column 2 is the number 4.5.',
    ],
    [
      'a name twice',
      'a,b,a\n1,2,3\n',
      'CSV_HEADER_MISSING',
      "The first line of file.csv is not a header: it has the name 'a' twice.",
    ],
    [
      'a name missing',
      'a,,c\n1,2,3\n',
      'CSV_HEADER_MISSING',
      'The first line of file.csv is not a header: its column 2 has no name.',
    ],
    ['too few columns', ragged, 'CSV_RAGGED', 'Row 17 (line 18) of file.csv has 1 column, the header has 2.'],
    ['too many columns', 'a,b\n1,2,3\n', 'CSV_RAGGED', 'Row 1 (line 2) of file.csv has 3 columns, the header has 2.'],
    [
      'a cell that no event can hold',
      `a,b\n1,2\n3,${'é'.repeat(400_000)}\n`,
      'CSV_ROW_TOO_LARGE',
      'Row 2 (line 3) of file.csv makes an event of 800015 bytes, and 799800 is the most.',
    ],
    ['not UTF-8', latin1, 'CSV_NOT_UTF8', 'file.csv is not UTF-8 text: see the bytes from 0 on.'],
    [
      'cut in a character',
      Buffer.from('a,b\n1,é').subarray(0, -1),
      'CSV_NOT_UTF8',
      'file.csv is not UTF-8 text: see the bytes from 7 on.',
    ],
    [
      'an open quote',
      'a,b\n1,2\n"3,4\n5,6\n',
      'CSV_QUOTE_OPEN',
      'The record that starts on line 3 of file.csv has a quote that is never closed.',
    ],
  ])('%s', async (_, content, code, message) => {
    await expect(checkCsv(fileOf(content))).rejects.toMatchObject({
      code,
      message,
      hint: expect.stringMatching(/\.$/),
    });
  });

  test('text after a closing quote', async () => {
    const refused = expect(checkCsv(fileOf('a,b\n"1"x,2\n'))).rejects;
    await refused.toMatchObject({
      code: 'CSV_QUOTE_MISPLACED',
      message: expect.stringContaining('line 2 of file.csv'),
    });
  });

  test('missing, or a directory', async () => {
    const dir = tempDir();
    const missing = join(dir, 'none.csv');
    await expect(checkCsv(missing)).rejects.toMatchObject({
      code: 'FILE_MISSING',
      message: `There is no file ${missing}.`,
    });
    await expect(checkCsv(dir)).rejects.toMatchObject({ code: 'FILE_IS_DIRECTORY' });
  });

  test('and nothing of them is sent', async () => {
    const gateway = await gatewayFor();
    await expect(start(fileOf(ragged), gateway)).rejects.toMatchObject({ code: 'CSV_RAGGED' });
    expect(gateway.posts()).toBe(0);
  });
});
