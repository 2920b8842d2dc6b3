/**
 * Reading a CSV file as it is: records as arrays of text, streamed, with every way in which a file can be unreadable
 * turned into one sentence. RFC 4180 with what files from real life need: a byte order mark, either line ending, blank
 * lines, newlines in quotes, and `;`, tab or `|` in place of the comma.
 */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CsvError, parse } from 'csv-parse';
import { codeOf, messageOf, SimulatorError } from '../failure.ts';

export interface CsvRecord {
  cells: string[];
  /** The line of the file on which the record ends, from 1. */
  line: number;
}

/** A record longer than this is a quote that was never closed. */
const recordBytesMax = 4_000_000;

/** All records, the header included. `inspect` sees every byte of the file. */
export async function* readCsv(path: string, inspect: (chunk: Buffer) => void): AsyncGenerator<CsvRecord> {
  const delimiter = await detectDelimiter(path);
  const file = createReadStream(path);
  let lastLine = 0;
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: recordBytesMax,
    on_record: (record, { lines }) => {
      lastLine = lines;
      return record;
    },
  });
  file.on('error', (error) => parser.destroy(error));
  file.on('data', (chunk) => {
    try {
      inspect(chunk as Buffer);
    } catch (error) {
      parser.destroy(error instanceof Error ? error : new Error(messageOf(error)));
    }
  });
  file.pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>)
      yield { cells: record, line: info.lines };
  } catch (error) {
    throw asCsvProblem(path, error, lastLine + 1);
  } finally {
    file.destroy();
    parser.destroy();
  }
}

/** The candidate that the first line has most of, outside quotes; the comma when in doubt. */
async function detectDelimiter(path: string): Promise<string> {
  const firstLine = (await readStart(path)).split('\n', 1)[0]!.replaceAll(/"[^"]*"/g, '');
  const countOf = (delimiter: string): number => firstLine.split(delimiter).length;
  return [',', ';', '\t', '|'].reduce((best, next) => (countOf(next) > countOf(best) ? next : best));
}

async function readStart(path: string): Promise<string> {
  try {
    await assertRegularFile(path);
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(65_536), position: 0 });
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    throw asFileProblem(path, error);
  }
}

async function assertRegularFile(path: string): Promise<void> {
  const found = await stat(path);
  if (found.isDirectory())
    throw new SimulatorError('FILE_IS_DIRECTORY', `${path} is a directory, not a CSV file.`, 'Name a file in it.');
  if (!found.isFile())
    throw new SimulatorError(
      'FILE_NOT_REGULAR',
      `${path} is no regular file: it cannot be read twice, which a replay needs.`,
      'Write its content to a file first.',
    );
}

function asFileProblem(path: string, error: unknown): SimulatorError {
  if (error instanceof SimulatorError) return error;
  if (codeOf(error) === 'ENOENT')
    return new SimulatorError('FILE_MISSING', `There is no file ${path}.`, 'Check the path.', error);
  return new SimulatorError(
    'FILE_UNREADABLE',
    `${path} cannot be read: ${messageOf(error)}.`,
    'Check that you may read the file.',
    error,
  );
}

/** `line` is where the record starts that could not be read. */
function asCsvProblem(path: string, error: unknown, line: number): SimulatorError {
  if (!(error instanceof CsvError)) return asFileProblem(path, error);
  const record = `The record that starts on line ${line} of ${basename(path)}`;
  const hint = 'Close the quote, or double quotes that belong to the text ("").';
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return new SimulatorError('CSV_QUOTE_OPEN', `${record} has a quote that is never closed.`, hint, error);
    case 'CSV_MAX_RECORD_SIZE': {
      const size = `${recordBytesMax / 1e6} MB`;
      return new SimulatorError(
        'CSV_QUOTE_OPEN',
        `${record} goes on for more than ${size}: a quote is open.`,
        hint,
        error,
      );
    }
    default:
      return new SimulatorError('CSV_QUOTE_MISPLACED', `${record} has a quote in the wrong place.`, hint, error);
  }
}
