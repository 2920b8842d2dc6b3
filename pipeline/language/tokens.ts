/**
 * SQL's lexical structure, as DuckDB (PostgreSQL) reads it: enough to find where statements, clauses and sources begin and end
 * without ever looking inside a string, a quoted identifier or a comment. Every token knows its offsets in the file.
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 */
import type { SourceFile } from './source.ts';

export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
  /** Strings and quoted identifiers without their quotes; words as written. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
  /** Text of the comments that stand directly before this token. */
  readonly comments: readonly string[];
}

const wordStart = /[\p{L}_]/u;
const wordPart = /[\p{L}\p{N}_$]/u;
const digit = /[0-9]/;
const numberPart = /[0-9a-zA-Z_.]/;

/** All tokens of a file, ending with one of kind `end`. */
export const tokenize = (source: SourceFile): Token[] => new Lexer(source).all();

class Lexer {
  private readonly source: SourceFile;
  private readonly text: string;
  private at = 0;
  private comments: string[] = [];

  constructor(source: SourceFile) {
    this.source = source;
    this.text = source.text;
  }

  all(): Token[] {
    const tokens: Token[] = [];
    for (;;) {
      this.skipSpaceAndComments();
      const token = this.next();
      tokens.push(token);
      this.comments = [];
      if (token.kind === 'end') return tokens;
    }
  }

  private next(): Token {
    const start = this.at;
    const char = this.text[start];
    if (char === undefined) return this.token('end', start, '');
    if (char === "'") return this.string(start, start + 1, false);
    if (/[eE]/.test(char) && this.text[start + 1] === "'") return this.string(start, start + 2, true);
    if (/[xXbB]/.test(char) && this.text[start + 1] === "'") return this.string(start, start + 2, false);
    if (char === '"') return this.quoted(start);
    if (char === '$' && !digit.test(this.text[start + 1] ?? '')) return this.dollarQuoted(start);
    if (digit.test(char) || (char === '.' && digit.test(this.text[start + 1] ?? ''))) return this.number(start);
    if (wordStart.test(char)) return this.word(start);
    this.at += this.text.startsWith('=>', start) ? 2 : char.length;
    return this.token('symbol', start, this.text.slice(start, this.at));
  }

  private token(kind: TokenKind, start: number, value: string): Token {
    return { kind, text: this.text.slice(start, this.at), value, start, end: this.at, comments: this.comments };
  }

  private word(start: number): Token {
    while (this.at < this.text.length && wordPart.test(this.text[this.at]!)) this.at += 1;
    return this.token('word', start, this.text.slice(start, this.at));
  }

  private number(start: number): Token {
    while (this.at < this.text.length) {
      const exponentSign = /[+-]/.test(this.text[this.at]!) && /^[0-9.]+[eE]$/.test(this.text.slice(start, this.at));
      if (!exponentSign && !numberPart.test(this.text[this.at]!)) break;
      this.at += 1;
    }
    return this.token('number', start, this.text.slice(start, this.at));
  }

  private string(start: number, from: number, backslashes: boolean): Token {
    let value = '';
    for (let at = from; at < this.text.length; at += 1) {
      const char = this.text[at]!;
      if (backslashes && char === '\\') {
        value += this.text[at + 1] ?? '';
        at += 1;
      } else if (char !== "'") value += char;
      else if (this.text[at + 1] === "'") {
        value += "'";
        at += 1;
      } else {
        this.at = at + 1;
        return this.token('string', start, value);
      }
    }
    throw this.source.error(start, 'SQL_STRING_OPEN', 'This string never ends.', "Close it with a single quote (').");
  }

  private quoted(start: number): Token {
    let value = '';
    for (let at = start + 1; at < this.text.length; at += 1) {
      if (this.text[at] !== '"') value += this.text[at];
      else if (this.text[at + 1] === '"') {
        value += '"';
        at += 1;
      } else {
        this.at = at + 1;
        return this.token('quoted', start, value);
      }
    }
    throw this.source.error(
      start,
      'SQL_NAME_OPEN',
      'This quoted name never ends.',
      'Close it with a double quote (").',
    );
  }

  private dollarQuoted(start: number): Token {
    const tag = /^\$[\p{L}_]?[\p{L}\p{N}_]*\$/u.exec(this.text.slice(start))?.[0];
    if (tag === undefined) {
      this.at += 1;
      return this.token('symbol', start, '$');
    }
    const end = this.text.indexOf(tag, start + tag.length);
    if (end < 0)
      throw this.source.error(
        start,
        'SQL_STRING_OPEN',
        `This string never ends.`,
        `Close it with ${tag}, as it was opened.`,
      );
    this.at = end + tag.length;
    return this.token('string', start, this.text.slice(start + tag.length, end));
  }

  private skipSpaceAndComments(): void {
    for (;;) {
      const start = this.at;
      while (this.at < this.text.length && /\s/.test(this.text[this.at]!)) this.at += 1;
      // An empty line parts a file's heading from the statement's own comment.
      if (this.text.slice(start, this.at).split('\n').length > 2) this.comments = [];
      if (this.text.startsWith('--', this.at)) this.lineComment();
      else if (this.text.startsWith('/*', this.at)) this.blockComment();
      else return;
    }
  }

  private lineComment(): void {
    const end = this.text.indexOf('\n', this.at);
    const stop = end < 0 ? this.text.length : end;
    this.comments.push(
      this.text
        .slice(this.at, stop)
        .replace(/^-+\s?/, '')
        .trimEnd(),
    );
    this.at = stop;
  }

  private blockComment(): void {
    const start = this.at;
    let depth = 0;
    do {
      if (this.text.startsWith('/*', this.at)) depth += 1;
      else if (this.text.startsWith('*/', this.at)) depth -= 1;
      else if (this.at >= this.text.length)
        throw this.source.error(start, 'SQL_COMMENT_OPEN', 'This comment never ends.', 'Close it with */.');
      else {
        this.at += 1;
        continue;
      }
      this.at += 2;
    } while (depth > 0);
    this.comments.push(this.text.slice(start + 2, this.at - 2).trim());
  }
}
