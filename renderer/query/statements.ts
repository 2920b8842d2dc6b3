/**
 * Where the statements of a script begin and end: a scan that knows what may hide a semicolon (strings, quoted names,
 * dollar quotes, comments) as DuckDB's lexer, which is PostgreSQL's, has them. Nothing else of SQL needs to be known here.
 */
export interface Statement {
  readonly text: string;
  /** Offsets into the script: from the first character that is neither space nor comment to the last before `;`. */
  readonly start: number;
  readonly end: number;
  /** Just past its semicolon. */
  readonly next: number;
}

/** End of a quoted part that begins at `from`: a doubled quote, or with `escapes` a backslash, does not end it. */
const endOfQuoted = (sql: string, from: number, quote: string, escapes: boolean): number => {
  for (let at = from + 1; at < sql.length; at += 1) {
    if (escapes && sql[at] === '\\') at += 1;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  return sql.length;
};

const endOfLine = (sql: string, from: number): number => {
  const end = sql.indexOf('\n', from);
  return end < 0 ? sql.length : end;
};

/** Block comments nest. */
const endOfBlock = (sql: string, from: number): number => {
  let depth = 0;
  for (let at = from; at < sql.length - 1; at += 1) {
    const two = sql.slice(at, at + 2);
    if (two === '/*') depth += 1;
    else if (two === '*/') depth -= 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  return sql.length;
};

const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const wordBefore = /[\w$]/;

const endOfDollar = (sql: string, from: number): number | undefined => {
  if (from > 0 && wordBefore.test(sql[from - 1]!)) return undefined;
  dollarTag.lastIndex = from;
  const tag = dollarTag.exec(sql)?.[0];
  if (tag === undefined) return undefined;
  const end = sql.indexOf(tag, from + tag.length);
  return end < 0 ? sql.length : end + tag.length;
};

const isEscapeString = (sql: string, at: number): boolean =>
  /[eE]/.test(sql[at - 1] ?? '') && !wordBefore.test(sql[at - 2] ?? ' ');

interface Token {
  readonly kind: 'comment' | 'space' | 'semicolon' | 'other';
  readonly end: number;
}

const tokenAt = (sql: string, at: number): Token => {
  const char = sql[at]!;
  const two = sql.slice(at, at + 2);
  if (two === '--') return { kind: 'comment', end: endOfLine(sql, at) };
  if (two === '/*') return { kind: 'comment', end: endOfBlock(sql, at) };
  if (char === ';') return { kind: 'semicolon', end: at + 1 };
  if (char === "'") return { kind: 'other', end: endOfQuoted(sql, at, "'", isEscapeString(sql, at)) };
  if (char === '"') return { kind: 'other', end: endOfQuoted(sql, at, '"', false) };
  if (char === '$') return { kind: 'other', end: endOfDollar(sql, at) ?? at + 1 };
  return { kind: /\s/.test(char) ? 'space' : 'other', end: at + 1 };
};

/** All statements of a script, in order; empty ones and those of comments only are none. */
export const splitStatements = (sql: string): Statement[] => {
  const statements: Statement[] = [];
  let start = -1;
  let end = 0;
  const close = (next: number): void => {
    if (start >= 0) statements.push({ text: sql.slice(start, end), start, end, next });
    start = -1;
  };
  for (let at = 0; at < sql.length;) {
    const token = tokenAt(sql, at);
    if (token.kind === 'semicolon') close(token.end);
    else if (token.kind === 'other') {
      if (start < 0) start = at;
      end = token.end;
    }
    at = token.end;
  }
  close(sql.length);
  return statements;
};

/**
 * The statement that a reader would say the cursor is at: the one around it; just behind a semicolon, the one before; in the
 * space between two, the next on the same line or below; behind the last, the last.
 */
export const statementAt = (sql: string, cursor: number): Statement | undefined => {
  const statements = splitStatements(sql);
  const around = statements.find(({ start, next }) => cursor >= start && cursor <= next);
  return around ?? statements.find(({ start }) => start > cursor) ?? statements.at(-1);
};

/** Line and column (from 1) of an offset. */
export const positionOf = (sql: string, offset: number): { line: number; column: number } => {
  const before = sql.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
};
