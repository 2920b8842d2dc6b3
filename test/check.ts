/**
 * `npm run check`: types, lint, format and the table of rooms. All of them run, so that one call shows all that is wrong.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkRooms, projectRoot } from './rooms.ts';

const bin = (name: string): string => join(projectRoot, 'node_modules', '.bin', name);
const steps: readonly [title: string, command: string, args: string[]][] = [
  ['types (node)', 'tsc', ['-p', 'tsconfig.json']],
  ['types (renderer)', 'tsc', ['-p', 'renderer/tsconfig.json']],
  ['lint', 'oxlint', ['--deny-warnings']],
  ['format', 'oxfmt', ['--check']],
];

let failures = 0;
for (const [title, command, args] of steps) {
  if (!existsSync(bin(command))) throw new Error(`${command} is not installed: run npm ci`);
  const run = spawnSync(bin(command), args, {
    cwd: projectRoot,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  const ok = run.status === 0;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${title}`);
  if (!ok) console.log(`${run.stdout}${run.stderr}`);
  failures += ok ? 0 : 1;
}

const violations = checkRooms(projectRoot);
console.log(`${violations.length === 0 ? 'ok  ' : 'FAIL'} rooms`);
for (const { file, line, message } of violations) console.log(`  ${file}:${line}: ${message}`);
process.exitCode = failures + violations.length === 0 ? 0 : 1;
