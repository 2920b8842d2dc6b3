import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readBrokerFile } from './broker-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'tiffin-broker-file-'));
afterAll(() => rmSync(dir, { recursive: true }));

const file = join(dir, 'kafka.yaml');
const readText = (text: string) => {
  writeFileSync(file, text);
  return readBrokerFile(file);
};

test('settings, topic defaults and listeners are read; an empty file sets nothing', () => {
  expect(readText('')).toEqual({ listeners: [] });
  const text = `
autoCreateTopics: false
topicDefaults: { retention.ms: 3600000, cleanup.policy: compact }
listeners:
  - port: 9094
    sasl: { users: [{ name: ann, password: secret }] }
`;
  expect(readText(text)).toEqual({
    autoCreateTopics: false,
    topicDefaults: { 'retention.ms': '3600000', 'cleanup.policy': 'compact' },
    listeners: [{ port: 9094, sasl: { users: [{ name: 'ann', password: 'secret' }] } }],
  });
});

test.each([
  ['port: 99999', 'port: Too big'],
  ['listenrs: []', 'Unrecognized key: "listenrs"'],
  ['a: [', 'kafka.yaml: '],
  ['host: 0.0.0.0', 'host is 0.0.0.0, which clients cannot connect to'],
  ['listeners: [{ port: 1, tls: { key: nope, cert: nope } }]', 'listeners.0.tls.key: '],
  ['tls: { key: kafka.yaml, cert: kafka.yaml }', 'tls cannot be used: '],
  ['sasl: { users: [] }', 'sasl.users: '],
])('%s is refused with what is wrong and where', (text, sentence) => {
  expect(() => readText(text)).toThrow(sentence);
});

test('a file that is not there is named', () => {
  expect(() => readBrokerFile(join(dir, 'none.yaml'))).toThrow('none.yaml: the file cannot be read');
});
