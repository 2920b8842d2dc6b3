/** A body's text with its streams and watermark replaced: once for DuckDB to check, once for it to run. */
import type { Body, StreamSource } from './ast.ts';
import type { SourceFile } from './source.ts';

/**
 * The same length as in the file, so that DuckDB's error positions are the file's: `STREAM` and the watermark become blanks,
 * `read_kafka(…)` becomes the bare name `read_kafka`, for which a checker has a table.
 */
export const paddedSql = (source: SourceFile, body: Body): string =>
  replace(source, body, (stream) => {
    const text = source.text.slice(stream.start, stream.end);
    const name =
      stream.kind === 'kafka' ? 'read_kafka' : `${quote(stream.name.schema, '.')}${quote(stream.name.table)}`;
    return name.padEnd(text.length).slice(0, text.length);
  });

/** Every stream becomes `name`. */
export const runnableSql = (source: SourceFile, body: Body, name: string): string => replace(source, body, () => name);

const quote = (name: string, after = ''): string => {
  if (name === '') return '';
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? `${name}${after}` : `"${name.replaceAll('"', '""')}"${after}`;
};

const replace = (source: SourceFile, body: Body, forStream: (stream: StreamSource) => string): string => {
  const cuts = [
    ...body.streams.map((stream) => ({ ...stream, text: forStream(stream) })),
    ...(body.watermark === undefined ? [] : [{ ...body.watermark, text: '' }]),
  ].toSorted((a, b) => a.start - b.start);
  let at = body.start;
  let sql = '';
  for (const { start, end, text } of cuts) {
    sql += source.text.slice(at, start) + text.padEnd(end - start);
    at = end;
  }
  return sql + source.text.slice(at, body.end);
};
