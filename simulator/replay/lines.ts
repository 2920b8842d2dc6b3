/** A CSV's rows as the JSON lines that are sent: identity first, then every cell as the text that it is. */
import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import { SimulatorError } from '../failure.ts';
import type { CsvFacts } from './check.ts';
import { readCsv } from './csv.ts';

export interface RowLines {
  firstSequence: number;
  count: number;
  body: Buffer;
}

/** A POST holds no more than about this much. */
const bodyBytesMax = 1_000_000;

/** Columns of the food-delivery file that the starter pipelines know under the topic `replay.deliveries`. */
const deliveries =
  'ID,Delivery_person_ID,Delivery_person_Age,Delivery_person_Ratings,Restaurant_latitude,Restaurant_longitude,' +
  'Delivery_location_latitude,Delivery_location_longitude,Type_of_order,Type_of_vehicle,Time_taken(min)';

/** `replay.<name of the file>`, in the characters that Kafka allows. */
export function topicFor({ path, columns }: Pick<CsvFacts, 'path' | 'columns'>): string {
  if (columns.join(',') === deliveries) return 'replay.deliveries';
  const name = basename(path, extname(path)).toLowerCase();
  return `replay.${name.replaceAll(/[^a-z0-9._-]+/g, '_').slice(0, 200)}`;
}

/** Hands out the rows from a position on. Row n of the file has sequence n − 1 and the event_id `<hash>-<n>`. */
export class RowReader {
  readonly #facts: CsvFacts;
  readonly #records: AsyncGenerator<{ cells: string[] }>;
  readonly #keys: string[];
  readonly #idPrefix: string;
  readonly #hash = createHash('sha256');
  #row = 0;

  constructor(facts: CsvFacts) {
    this.#facts = facts;
    this.#records = readCsv(facts.path, (chunk) => void this.#hash.update(chunk));
    this.#keys = keysFor(facts.columns);
    this.#idPrefix = `{"event_id":"${facts.sha256.slice(0, 16)}-`;
  }

  /** Skips the header and the rows that have been sent before. */
  async skip(rows: number): Promise<void> {
    for (let record = -1; record < rows; record++) await this.#records.next();
    this.#row = rows;
  }

  /** The next rows; undefined at the end of the file. */
  async take(max: number): Promise<RowLines | undefined> {
    const firstSequence = this.#row;
    const lines: string[] = [];
    for (let bytes = 0; lines.length < max && bytes < bodyBytesMax;) {
      const { value, done } = await this.#records.next();
      if (done === true) break;
      const line = this.#line(value.cells);
      lines.push(line);
      bytes += line.length;
    }
    if (lines.length === 0) return this.#end();
    return { firstSequence, count: lines.length, body: Buffer.from(`${lines.join('\n')}\n`) };
  }

  async close(): Promise<void> {
    await this.#records.return(undefined);
  }

  #line(cells: string[]): string {
    const row = ++this.#row;
    if (cells.length !== this.#keys.length || row > this.#facts.rows) throw changed(this.#facts.path);
    return `${this.#idPrefix}${row}","row":${row}${cellsOf(this.#keys, cells)}}`;
  }

  #end(): undefined {
    if (this.#hash.digest('hex') !== this.#facts.sha256) throw changed(this.#facts.path);
  }
}

/** The cells of a row as they stand in its event. */
export const cellsOf = (keys: readonly string[], cells: readonly string[]): string => {
  let text = '';
  for (const [index, cell] of cells.entries()) text += `${keys[index]}${JSON.stringify(cell)}`;
  return text;
};

/** `,"name":` for every column. A column of ours keeps its name; one of the file's that is called alike gets a prefix. */
export function keysFor(columns: string[]): string[] {
  return columns.map(
    (column) => `,${JSON.stringify(['event_id', 'row'].includes(column) ? `csv_${column}` : column)}:`,
  );
}

function changed(path: string): SimulatorError {
  return new SimulatorError(
    'FILE_CHANGED',
    `${basename(path)} changed while it was being sent.`,
    'Let it rest, then replay it as a new run.',
  );
}
