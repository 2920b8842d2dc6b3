import { describe, expect, test } from 'vitest';
import { compilePattern } from './pattern.ts';

const matches = async (text: string, name: string): Promise<boolean | string> => {
  const pattern = await compilePattern(text);
  return pattern.kind === 'invalid' ? pattern.reason : pattern.matches(name);
};

describe('a regular expression of a client', () => {
  test.each([
    ['(?i)ORDERS', 'orders'],
    ['orders-\\pL\\d', 'orders-x1'],
    ['^orders$', 'orders'],
    ['orders-[[:digit:]]', 'orders-7'],
    ['(?P<kind>order)s', 'orders'],
    ['orders|nothing', 'orders'],
    ['\\Qa.b\\E', 'a.b'],
    ['(?s).*', 'orders'],
    ['orders\\z', 'orders'],
    ['.{1,1000}', 'orders'],
  ])('%s takes in %s, as RE2/J says', async (text, name) => {
    expect(await matches(text, name)).toBe(true);
  });

  test.each([
    ['order', 'orders'],
    ['\\Qa.b\\E', 'axb'],
    ['', 'orders'],
  ])('%s does not take in %s', async (text, name) => {
    expect(await matches(text, name)).toBe(false);
  });

  test.each([
    ['invalid or unsupported Perl syntax', '(?=o)orders'],
    ['invalid escape sequence', '(o)rders\\1'],
    ['invalid repeat count', 'o{1,2000}'],
    ['missing closing ]', '['],
    ['expression too large', '.{0,1000}'.repeat(20)],
    ['expression nests too deeply', '('.repeat(16_000) + ')'.repeat(16_000)],
  ])('is refused for: %s', async (reason, text) => {
    expect(await matches(text, 'orders')).toBe(reason);
  });

  test('one that a backtracking engine would search for ever is answered at once', async () => {
    expect(await matches('(a+)+b', `${'a'.repeat(200)}-`)).toBe(false);
  });
});
