/**
 * Which room may import which: the table of docs/ARCHITECTURE.md as data, and the check of the tree against it.
 *
 * A room is a top-level folder. Across rooms only a room's `index.ts` may be imported, so that what is inside a room
 * can change without asking the others. `engine/contract` counts as a room of its own: it is what the UI may know.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';

/** room → rooms that it may import; packages are listed only where a room is confined to some (`*` = any). */
export const rooms: Record<string, { mayImport: readonly string[]; packages: readonly string[] }> = {
  schemas: { mayImport: [], packages: ['*'] },
  // Kafka's clients send regular expressions in RE2's syntax: no other engine reads them, and answers in linear time.
  broker: { mayImport: [], packages: ['re2js'] },
  lake: { mayImport: ['schemas'], packages: ['*'] },
  simulator: { mayImport: ['schemas'], packages: ['*'] },
  ingest: { mayImport: ['schemas'], packages: ['*'] },
  pipeline: { mayImport: ['schemas', 'lake'], packages: ['*'] },
  engine: {
    mayImport: ['schemas', 'broker', 'lake', 'simulator', 'ingest', 'pipeline', 'engine/contract'],
    packages: ['*'],
  },
  'engine/contract': { mayImport: ['schemas', 'engine'], packages: ['*'] },
  renderer: { mayImport: ['engine/contract'], packages: ['*'] },
  electron: { mayImport: ['engine/contract'], packages: ['*'] },
};

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

const importSpecifier = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g;
const tests = /\.test\.tsx?$/;

/** The room of a path relative to the project's root, or undefined for files of no room. */
export const roomOf = (path: string): string | undefined => {
  const parts = path.split('/');
  if (parts[0] === 'engine' && parts[1] === 'contract') return 'engine/contract';
  return parts[0] !== undefined && parts[0] in rooms ? parts[0] : undefined;
};

/** Checks one file's text. `path` is relative to the root, with forward slashes. */
export const checkFile = (path: string, text: string): Violation[] => {
  const room = roomOf(path);
  if (room === undefined) return [];
  const law = rooms[room]!;
  const violations: Violation[] = [];
  for (const match of text.matchAll(importSpecifier)) {
    const specifier = match[2]!;
    const line = text.slice(0, match.index).split('\n').length;
    const report = (message: string): void => void violations.push({ file: path, line, message });
    if (!specifier.startsWith('.')) {
      const isListed = law.packages.includes('*') || law.packages.includes(specifier);
      const allowed = specifier.startsWith('node:') || isListed || tests.test(path);
      if (!allowed)
        report(`${room} may import only ${['node: modules', ...law.packages].join(', ')}, not '${specifier}'`);
      continue;
    }
    const target = posix.join(posix.dirname(path), specifier);
    const targetRoom = roomOf(target);
    if (targetRoom === room) continue;
    if (targetRoom === undefined) {
      if (!tests.test(path)) report(`${room} may not import '${specifier}', which is in no room`);
    } else if (!law.mayImport.includes(targetRoom)) {
      report(`${room} may not import ${targetRoom} ('${specifier}')`);
    } else if (room === 'engine/contract' && targetRoom === 'engine') {
      if (!/import type[^;]*$|export type[^;]*$/.test(text.slice(0, match.index)))
        report(`engine/contract may import only types from engine ('${specifier}')`);
    } else if (target !== `${targetRoom}/index.ts`) {
      report(`import ${targetRoom}/index.ts instead of its inside ('${specifier}')`);
    }
  }
  return violations;
};

const sources = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : sources(path);
    return /\.(ts|tsx|mts|js)$/.test(entry.name) ? [path] : [];
  });

/** Checks every room below `root`. */
export const checkRooms = (root: string): Violation[] =>
  Object.keys(rooms)
    .filter((room) => !room.includes('/'))
    .flatMap((room) => sources(join(root, room)))
    .flatMap((path) => checkFile(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8')));

export const projectRoot = dirname(import.meta.dirname);
