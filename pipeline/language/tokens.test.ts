import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SourceFile } from './source.ts';
import { tokenize } from './tokens.ts';

const lex = (text: string) => tokenize(new SourceFile('a.sql', text));
const shape = (text: string) => lex(text).map(({ kind, value }) => `${kind}:${value}`);

describe('the tokenizer', () => {
  test('reads words, quoted names, strings, numbers and symbols', () => {
    expect(shape(`SELECT "a""b", 'it''s', 1.5e-3, x::INT => .5`)).toEqual([
      'word:SELECT',
      'quoted:a"b',
      'symbol:,',
      "string:it's",
      'symbol:,',
      'number:1.5e-3',
      'symbol:,',
      'word:x',
      'symbol::',
      'symbol::',
      'word:INT',
      'symbol:=>',
      'number:.5',
      'end:',
    ]);
  });

  test('never looks inside strings and comments', () => {
    expect(shape(`'; STREAM' $$ ; $$ $t$ $$ ; $t$ -- ; x\n/* ; /* nested */ ; */ y`)).toEqual([
      'string:; STREAM',
      'string: ; ',
      'string: $$ ; ',
      'word:y',
      'end:',
    ]);
  });

  test('keeps the comments that stand directly before a token, without those above an empty line', () => {
    const [first] = lex('-- a heading\n\n-- what it is\n-- and why\nCREATE');
    expect(first!.comments).toEqual(['what it is', 'and why']);
  });

  test.each([
    ["SELECT 'open", 'SQL_STRING_OPEN', 8],
    ['SELECT "open', 'SQL_NAME_OPEN', 8],
    ['SELECT $a$ open', 'SQL_STRING_OPEN', 8],
    ['a /* open', 'SQL_COMMENT_OPEN', 3],
  ])('says where %s begins', (text, code, column) => {
    expect(() => lex(text)).toThrow(expect.objectContaining({ code, line: 1, column, file: 'a.sql' }) as Error);
  });

  test('loses nothing: tokens and what is between them make the text again', () => {
    const piece = fc.constantFrom(
      'a',
      ' ',
      '\n',
      "'x'",
      '"y"',
      '1',
      '.',
      ';',
      '(',
      ')',
      '--c\n',
      '/*d*/',
      '$$z$$',
      'é',
      '=>',
      '-',
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join(' ');
        const tokens = lex(text);
        let at = 0;
        for (const { start, end, text: raw } of tokens) {
          expect(text.slice(start, end)).toBe(raw);
          expect(start).toBeGreaterThanOrEqual(at);
          at = end;
        }
        expect(at).toBe(text.length);
      }),
    );
  });
});
