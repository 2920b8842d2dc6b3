/** Where the program itself lies, and which version it is. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const projectDir = dirname(dirname(import.meta.dirname));
export const starterDir = join(projectDir, 'starter');
export const pageDir = join(projectDir, 'dist', 'renderer');

const manifest = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8')) as { version: string };
export const { version } = manifest;
