import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { positionOf, splitStatements, statementAt } from './statements.ts';

const texts = (sql: string): string[] => splitStatements(sql).map((statement) => statement.text);

describe('a script is split at semicolons', () => {
  test('between statements, without the space and comments around them', () => {
    expect(texts('-- first\nSELECT 1;\n\n SELECT 2 -- two\n;')).toEqual(['SELECT 1', 'SELECT 2']);
  });

  test.each([
    ["SELECT ';' ; SELECT 2", ["SELECT ';'", 'SELECT 2']],
    ["SELECT 'it''s;' ; SELECT 2", ["SELECT 'it''s;'", 'SELECT 2']],
    [String.raw`SELECT E'\';' ; SELECT 2`, [String.raw`SELECT E'\';'`, 'SELECT 2']],
    [String.raw`SELECT '\'; SELECT 2`, [String.raw`SELECT '\'`, 'SELECT 2']],
    ['SELECT "a;""b" ; SELECT 2', ['SELECT "a;""b"', 'SELECT 2']],
    ['SELECT $$a;b$$ ; SELECT $x$;$$;$x$', ['SELECT $$a;b$$', 'SELECT $x$;$$;$x$']],
    ['SELECT 1 -- a;b\n; SELECT 2', ['SELECT 1', 'SELECT 2']],
    ['SELECT /* ; /* ; */ ; */ 1; SELECT 2', ['SELECT /* ; /* ; */ ; */ 1', 'SELECT 2']],
    ['SELECT $1; SELECT a$b$c; SELECT 3', ['SELECT $1', 'SELECT a$b$c', 'SELECT 3']],
  ])('but not inside of strings, names and comments: %s', (sql, expected) => expect(texts(sql)).toEqual(expected));

  test('and what is unfinished is still a statement', () => {
    expect(texts("SELECT 'abc ; SELECT 2")).toEqual(["SELECT 'abc ; SELECT 2"]);
    expect(texts('SELECT 1 /* open ; ')).toEqual(['SELECT 1']);
  });

  test('nothing is none', () => {
    expect(texts(' ;; -- only words\n /* and */ ;')).toEqual([]);
  });
});

test('whatever the script, statements are in order, do not overlap and are its own text', () => {
  const pieces = fc.constantFrom("'", '"', ';', '--', '/*', '*/', '$$', '$a$', 'E', '\\', '\n', ' ', 'SELECT', '1');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const sql = parts.join('');
      let last = 0;
      for (const { text, start, end, next } of splitStatements(sql)) {
        expect(text).toBe(sql.slice(start, end));
        expect(text.trimStart()).toBe(text);
        expect(start >= last && end > start && next >= end).toBe(true);
        last = next;
      }
    }),
  );
});

describe('the statement at the cursor', () => {
  const sql = 'SELECT 1;\n\nSELECT 2;  SELECT 3';
  const at = (cursor: number): string | undefined => statementAt(sql, cursor)?.text;

  test('is the one around it', () =>
    expect([at(0), at(4), at(13), at(24)]).toEqual(['SELECT 1', 'SELECT 1', 'SELECT 2', 'SELECT 3']));
  test('just behind its semicolon it is still that one', () => expect(at(9)).toBe('SELECT 1'));
  test('in the space between two it is the next', () => expect(at(10)).toBe('SELECT 2'));
  test('behind the last it is the last', () => expect(statementAt('SELECT 1;\n\n', 11)?.text).toBe('SELECT 1'));
  test('of nothing there is none', () => expect(statementAt(' -- nothing', 3)).toBeUndefined());
});

test('an offset as line and column', () => {
  expect([positionOf('ab\ncd', 0), positionOf('ab\ncd', 3), positionOf('ab\ncd', 5)]).toEqual([
    { line: 1, column: 1 },
    { line: 2, column: 1 },
    { line: 2, column: 3 },
  ]);
});
