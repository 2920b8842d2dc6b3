import { createServer } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { errorOf, problemOf, sentenceOf, TiffinError } from './errors.ts';

test('an error of ours keeps its code, sentence and hint, there and back', () => {
  const problem = problemOf(new TiffinError('X_Y', 'It is so.', 'Do this.'));
  expect(problem).toMatchObject({ code: 'X_Y', message: 'It is so.', hint: 'Do this.' });
  expect(errorOf(problem)).toMatchObject({ code: 'X_Y', message: 'It is so.', hint: 'Do this.' });
  expect(sentenceOf(problem)).toBe('It is so.\n  Do this.');
});

test("the file system's errors become sentences that name the path", () => {
  const path = join(tmpdir(), 'tiffin-no-such-file');
  try {
    readFileSync(path);
    expect.unreachable();
  } catch (error) {
    expect(problemOf(error)).toMatchObject({ code: 'ENOENT', message: `No such file or folder: ${path}.` });
  }
});

test('a port in use becomes a sentence that names the port', async () => {
  const first = createServer();
  await new Promise<void>((resolve) => first.listen(0, '127.0.0.1', resolve));
  const { port } = first.address() as { port: number };
  const error = await new Promise<Error>((resolve) => createServer().once('error', resolve).listen(port, '127.0.0.1'));
  first.close();
  expect(problemOf(error)).toMatchObject({
    code: 'EADDRINUSE',
    message: `The port is already in use: 127.0.0.1:${port}.`,
  });
});

test.each([
  Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }),
  Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' }),
  new Error('IO Error: Could not write file "x": No space left on device'),
])('a full disk is told as one, whoever met it: %s', (error) => {
  expect(problemOf(error)).toMatchObject({
    code: 'ENOSPC',
    message: expect.stringMatching(/^The disk is full/) as string,
  });
});

test('what is no error at all is still told', () => {
  expect(problemOf('thrown text')).toMatchObject({ message: 'thrown text' });
});
