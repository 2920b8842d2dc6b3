/**
 * Reads a CSV once from end to end before anything of it is sent: a file that is broken somewhere is refused as a whole,
 * with the place, rather than sent by half. The content's hash makes the rows' identities.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { recordBytesMax } from '../../schemas/index.ts';
import { SimulatorError } from '../failure.ts';
import { readCsv } from './csv.ts';
import type { CsvRecord } from './csv.ts';
import { cellsOf, keysFor } from './lines.ts';

export interface CsvFacts {
  path: string;
  columns: string[];
  /** Without the header. */
  rows: number;
  bytes: number;
  /** Of the file's bytes, in hex. */
  sha256: string;
}

/** The facts of a sound file; throws a SimulatorError that says what is wrong with any other. */
export async function checkCsv(path: string): Promise<CsvFacts> {
  const inspector = new Inspector(path);
  const name = basename(path);
  let columns: string[] | undefined;
  let keys: string[] = [];
  let rows = 0;
  for await (const record of readCsv(path, (chunk) => inspector.add(chunk))) {
    if (columns === undefined) keys = keysFor((columns = checkHeader(name, record.cells)));
    else checkRow(name, record, ++rows, keys);
  }
  inspector.end();
  if (columns === undefined)
    throw new SimulatorError('CSV_EMPTY', `${name} is empty.`, 'Name a CSV file with a header and rows.');
  if (rows === 0)
    throw new SimulatorError('CSV_WITHOUT_ROWS', `${name} has a header and no rows.`, 'Name a CSV file with rows.');
  return { path, columns, rows, bytes: inspector.bytes, sha256: inspector.sha256() };
}

function checkHeader(name: string, header: string[]): string[] {
  const fault = headerFault(header);
  if (fault === undefined) return header;
  throw new SimulatorError(
    'CSV_HEADER_MISSING',
    `The first line of ${name} is not a header: ${fault}.`,
    'Put a line with the names of the columns on top of the file; each name once, none empty, none a number.',
  );
}

function headerFault(header: string[]): string | undefined {
  const seen = new Set<string>();
  for (const [index, cell] of header.entries()) {
    const column = cell.trim();
    if (column === '') return `its column ${index + 1} has no name`;
    if (Number.isFinite(Number(column))) return `its column ${index + 1} is the number ${column}`;
    if (seen.has(column)) return `it has the name '${column}' twice`;
    seen.add(column);
  }
  return undefined;
}

/** What an event has beside its cells: its identity, twice, as it is the key too. */
const identityBytes = 200;
/** A character may need so many bytes: `\\u0000`. */
const characterBytesMax = 6;

function checkRow(name: string, { cells, line }: CsvRecord, row: number, keys: readonly string[]): void {
  if (cells.length !== keys.length)
    throw new SimulatorError(
      'CSV_RAGGED',
      `Row ${row} (line ${line}) of ${name} has ${counted(cells.length)}, the header has ${keys.length}.`,
      'Mend the row; commas that belong to the text need quotes around it. Nothing was sent.',
    );
  const most = recordBytesMax - identityBytes;
  const length = cells.reduce((sum, cell, at) => sum + cell.length + keys[at]!.length, 0);
  if (length * characterBytesMax <= most) return;
  const bytes = Buffer.byteLength(cellsOf(keys, cells));
  if (bytes <= most) return;
  throw new SimulatorError(
    'CSV_ROW_TOO_LARGE',
    `Row ${row} (line ${line}) of ${name} makes an event of ${bytes} bytes, and ${most} is the most.`,
    'Shorten its longest cell, or leave that column out. Nothing was sent.',
  );
}

function counted(columns: number): string {
  return columns === 1 ? '1 column' : `${columns} columns`;
}

/** Sees the bytes as they are: hashes them, and makes sure that they are UTF-8. */
class Inspector {
  bytes = 0;
  readonly #hash = createHash('sha256');
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  add(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#decode(chunk, true);
    this.bytes += chunk.length;
  }

  end(): void {
    this.#decode(Buffer.alloc(0), false);
  }

  sha256(): string {
    return this.#hash.digest('hex');
  }

  #decode(chunk: Buffer, stream: boolean): void {
    try {
      this.#decoder.decode(chunk, { stream });
    } catch (error) {
      throw new SimulatorError(
        'CSV_NOT_UTF8',
        `${basename(this.#path)} is not UTF-8 text: see the bytes from ${this.bytes} on.`,
        'Save it as UTF-8 (in a spreadsheet: "CSV UTF-8").',
        error,
      );
    }
  }
}
