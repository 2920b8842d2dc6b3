import { expect, test } from 'vitest';
import { cellCopy, cellDetail, cellText, layOutJson, textWidthPx, typeLabel } from './cells.ts';

test('a 64-bit integer keeps every digit, in the grid and in JSON', () => {
  expect(cellText('9007199254740993')).toBe('9007199254740993');
  expect(layOutJson('{"id":9007199254740993,"list":[1,{"a":"x, {y}"}],"none":[],"nothing":{}}')).toBe(
    '{\n  "id": 9007199254740993,\n  "list": [\n    1,\n    {\n      "a": "x, {y}"\n    }\n  ],\n  "none": [],\n  "nothing": {}\n}',
  );
});

test('NULL is a word in the grid and nothing when copied; an empty text is empty', () => {
  expect([cellText(null), cellCopy(null), cellText(''), cellText(false), cellText(0)]).toEqual([
    'NULL',
    '',
    '',
    'false',
    '0',
  ]);
});

test('copied values cannot break the table', () => {
  expect([cellCopy('a\tb'), cellCopy('say "hi"'), cellCopy('plain')]).toEqual(['"a\tb"', '"say ""hi"""', 'plain']);
});

test('what only looks like JSON is shown as it is', () => {
  expect(cellDetail('{not json')).toEqual({ text: '{not json', json: false });
  expect(cellDetail('[1]')).toEqual({ text: '[\n  1\n]', json: true });
});

test('types have short names', () => {
  expect(
    [
      'TIMESTAMP WITH TIME ZONE',
      'DECIMAL(10,2)',
      'STRUCT(dish VARCHAR, quantity INTEGER)',
      'STRUCT(dish VARCHAR, n INTEGER)[]',
    ].map(typeLabel),
  ).toEqual(['timestamptz', 'decimal(10,2)', 'struct', 'list']);
});

test('a text with capitals and digits is wider than one of thin letters', () => {
  expect(textWidthPx('9007199254740993')).toBeGreaterThan(16 * 7.7);
  expect(textWidthPx('illicit')).toBeLessThan(textWidthPx('CHENNAI'));
});
