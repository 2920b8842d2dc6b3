/** A place in a row of tokens, with the few moves that a recursive-descent parser needs. */
import type { PipelineError } from '../problems.ts';
import type { SourceFile } from './source.ts';
import type { Token } from './tokens.ts';

export class Cursor {
  readonly source: SourceFile;
  private readonly tokens: readonly Token[];
  private at = 0;

  /** `tokens` must end with a token of kind `end`. */
  constructor(source: SourceFile, tokens: readonly Token[]) {
    this.source = source;
    this.tokens = tokens;
  }

  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)]!;
  }

  next(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }

  /** Are the next tokens these keywords? Any case; quoted identifiers are never keywords. */
  isWords(...words: string[]): boolean {
    return words.every((word, ahead) => isWord(this.peek(ahead), word));
  }

  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'symbol' && token.value === symbol;
  }

  acceptWords(...words: string[]): boolean {
    if (!this.isWords(...words)) return false;
    this.at += words.length;
    return true;
  }

  acceptSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.at += 1;
    return true;
  }

  expectWords(context: string, ...words: string[]): void {
    for (const word of words) {
      if (!this.acceptWords(word)) throw this.expected(`${word} ${context}`.trim());
    }
  }

  expectSymbol(symbol: string, context: string): Token {
    if (!this.isSymbol(symbol)) throw this.expected(`'${symbol}' ${context}`);
    return this.next();
  }

  expectName(what: string): Token {
    const token = this.peek();
    if (token.kind !== 'word' && token.kind !== 'quoted') throw this.expected(what);
    return this.next();
  }

  expectString(what: string): Token {
    if (this.peek().kind !== 'string') throw this.expected(`${what} in single quotes`);
    return this.next();
  }

  /** `( … )`: takes both parentheses and gives the tokens between them. */
  parenthesized(context: string): { open: Token; inner: Token[]; close: Token } {
    const open = this.expectSymbol('(', context);
    const inner: Token[] = [];
    for (let depth = 1; ;) {
      const token = this.next();
      if (token.kind === 'end')
        throw this.fail(
          open,
          'SQL_PARENTHESIS_OPEN',
          `This parenthesis ${context} is never closed.`,
          "Add the missing ')'.",
        );
      if (token.kind === 'symbol' && token.value === '(') depth += 1;
      if (token.kind === 'symbol' && token.value === ')') depth -= 1;
      if (depth === 0) return { open, inner, close: token };
      inner.push(token);
    }
  }

  expected(what: string): PipelineError {
    const token = this.peek();
    const found = token.kind === 'end' ? 'the statement ends' : `there is '${token.text}'`;
    return this.fail(
      token,
      'SQL_SYNTAX',
      `Expected ${what}, but ${found}.`,
      'The forms are those of Spark Declarative Pipelines; starter/pipelines has an example of each.',
    );
  }

  fail(token: Token, code: string, message: string, hint: string): PipelineError {
    return this.source.error(token.start, code, message, hint);
  }
}

export const isWord = (token: Token | undefined, word: string): boolean =>
  token !== undefined && token.kind === 'word' && token.value.toUpperCase() === word;

export const isSymbol = (token: Token | undefined, symbol: string): boolean =>
  token !== undefined && token.kind === 'symbol' && token.value === symbol;

/** Splits tokens at the commas (or any symbol) outside of all brackets. */
export const splitAt = (tokens: readonly Token[], separator: string): Token[][] => {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === 'symbol' && '([{'.includes(token.value)) depth += 1;
    if (token.kind === 'symbol' && ')]}'.includes(token.value)) depth -= 1;
    if (depth === 0 && isSymbol(token, separator)) parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return parts;
};

export const endToken = (at: number): Token => ({ kind: 'end', text: '', value: '', start: at, end: at, comments: [] });
