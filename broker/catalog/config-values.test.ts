import { expect, test } from 'vitest';
import { anything, plainValue, valueProblem, type ConfigType } from './config-values.ts';

test.each<[type: ConfigType, written: string, plain: string]>([
  ['boolean', ' TRUE', 'true'],
  ['int', '+007', '7'],
  ['int', '-2147483648', '-2147483648'],
  ['long', ' 9223372036854775807 ', '9223372036854775807'],
  ['double', '1e-2', '0.01'],
  ['double', '.5', '0.5'],
  ['double', '1.', '1.0'],
  ['list', ' a ,b,  c ', 'a,b,c'],
  ['list', '', ''],
])('%s %j is %s', (type, written, plain) => {
  expect(valueProblem(type, written, anything)).toBeUndefined();
  expect(plainValue(type, written)).toBe(plain);
});

test.each<[type: ConfigType, written: string]>([
  ['boolean', 'yes'],
  ['int', '2147483648'],
  ['int', '1.5'],
  ['long', '9223372036854775808'],
  ['long', ''],
  ['long', '9'.repeat(100_000)],
  ['double', `${'1'.repeat(100_000)}x`],
  ['double', 'e5'],
])('%s is not written like %.20s', (type, written) => {
  expect(valueProblem(type, written, anything)).toMatch(/^must be /);
});
