#!/usr/bin/env node
/**
 * The `tiffin` command, in plain JavaScript so that any Node can begin it. The program itself needs Node 24, which runs
 * TypeScript as it is: where this Node is older, the one that is installed as a dependency takes over.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const nodeMajorMin = 24;
const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, 'cli', 'main.ts');
const isNew = Number(process.versions.node.split('.')[0]) >= nodeMajorMin;

if (isNew) await import('./cli/main.ts');
else runOn(findNode());

function findNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const candidates = [join(here, '..', 'node_modules', 'node', 'bin', name)];
  try {
    const { resolve } = createRequire(import.meta.url);
    candidates.push(join(dirname(resolve('node/package.json')), 'bin', name));
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
  }
  const found = candidates.find((path) => existsSync(path));
  if (found) return found;
  process.stderr.write(
    `Tiffin needs Node ${nodeMajorMin} or newer, and this is ${process.version}.\n` +
      `  Run npm ci in ${join(here, '..')} (it brings the right one), or install Node ${nodeMajorMin}.\n`,
  );
  process.exit(2);
}

function runOn(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches the child by itself (it is of the same group); here it must only not end us before it.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`${node} could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
