/** NDJSON by bytes: a line's bytes are what Kafka gets, so a body is never decoded as a whole. */
import { recordBytesMax } from '../../schemas/index.ts';
import { Refusal } from './refusal.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** The lines of a body. The line's end (LF or CRLF) is no part of it, and the last line may lack it. */
export function splitLines(body: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < body.length;) {
    const found = body.indexOf(lineFeed, start);
    const end = found === -1 ? body.length : found;
    const stripped = end > start && body[end - 1] === carriageReturn ? end - 1 : end;
    lines.push(body.subarray(start, stripped));
    start = end + 1;
  }
  return lines;
}

export function parseLine(bytes: Buffer, line: number): Record<string, unknown> {
  const value = parseJson(bytes, line);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Refusal(400, 'NOT_AN_OBJECT', `Line ${line} is no JSON object.`, 'Send one JSON object on each line.', {
    line,
  });
}

export function checkSize(bytes: number, line: number): void {
  if (bytes <= recordBytesMax) return;
  throw new Refusal(
    413,
    'LINE_TOO_LARGE',
    `Line ${line} makes a record of ${bytes} bytes, and ${recordBytesMax} is the most.`,
    'Send less in one event.',
    { line },
  );
}

function parseJson(bytes: Buffer, line: number): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const what = bytes.length === 0 ? `Line ${line} is empty.` : `Line ${line} is no JSON: ${error.message}.`;
    throw new Refusal(400, 'NOT_JSON', what, 'Send one JSON object on each line, and nothing else.', { line });
  }
}
