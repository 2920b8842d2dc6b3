/**
 * Scenarios: named settings of the city, as YAML files in the workspace (`scenarios/<name>.yml`).
 *
 * A mistake in one is told with the file, the line and what is allowed there. What a file does not say is the default.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { z } from 'zod';
import { codeOf, messageOf, SimulatorError } from './failure.ts';

const scenarioFile = z.strictObject({
  description: z.string().min(1).max(500).optional(),
  /** Same seed, same events. */
  seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  riders: z.number().int().min(50).max(100_000).optional(),
  /** Events per second of the wall clock; the city's clock runs as fast as that needs. */
  rate: z.union([z.number().int().min(1).max(200_000), z.literal('max')], 'must be 1 to 200000, or max').optional(),
  /** When the city's clock starts. */
  start: z.iso
    .datetime({ offset: true, error: 'must be a time with its offset, such as 2026-01-05T12:15:00+05:30' })
    .optional(),
  demand: z.number().min(0.05).max(3).optional(),
  /** Stop after so many events. */
  events: z.number().int().min(1).optional(),
});

/** In the names of `SimulatorConfig`: spread it into one. */
export interface Scenario {
  name: string;
  description?: string;
  seed?: number;
  riders?: number;
  ratePerSecond?: number | null;
  startAtVirtualMs?: number;
  demand?: number;
  maxEvents?: number;
}

/** Reads `<dir>/<name>.yml`. */
export async function loadScenario(dir: string, name: string): Promise<Scenario> {
  const path = join(dir, `${name}.yml`);
  return parseScenario(name, path, await readScenario(dir, name, path));
}

/** Names of the scenarios that there are, sorted. */
export async function listScenarios(dir: string): Promise<string[]> {
  try {
    const files = await readdir(dir);
    return files
      .filter((file) => file.endsWith('.yml'))
      .map((file) => file.slice(0, -'.yml'.length))
      .toSorted();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function readScenario(dir: string, name: string, path: string): Promise<string> {
  const known = await listScenarios(dir);
  // Only what is listed is opened, so that a name cannot lead out of the folder.
  if (known.includes(name)) return readFile(path, 'utf8');
  const hint = known.length === 0 ? `Put ${name}.yml into ${dir}.` : `There are: ${known.join(', ')}.`;
  throw new SimulatorError('SCENARIO_MISSING', `There is no scenario '${name}' in ${dir}.`, hint);
}

/** `path` is only for messages. */
export function parseScenario(name: string, path: string, text: string): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = document.errors[0];
  if (syntax !== undefined) throw invalid(path, lines.linePos(syntax.pos[0]).line, messageOf(syntax));
  const parsed = scenarioFile.safeParse(document.toJS() ?? {});
  if (parsed.success) return scenarioOf(name, parsed.data);
  const issue = parsed.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(scenarioFile.shape).join(', ');
    const field = issue.keys[0]!;
    throw invalid(path, lineOf(document, lines, field), `there is no setting '${field}' (there are ${known})`);
  }
  const field = issue.path[0] === undefined ? 'the whole file' : String(issue.path[0]);
  throw invalid(path, lineOf(document, lines, field), `${field}: ${issue.message}`);
}

function scenarioOf(name: string, file: z.infer<typeof scenarioFile>): Scenario {
  const { description, seed, riders, rate, start, demand, events } = file;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(seed === undefined ? {} : { seed }),
    ...(riders === undefined ? {} : { riders }),
    ...(rate === undefined ? {} : { ratePerSecond: rate === 'max' ? null : rate }),
    ...(start === undefined ? {} : { startAtVirtualMs: Date.parse(start) }),
    ...(demand === undefined ? {} : { demand }),
    ...(events === undefined ? {} : { maxEvents: events }),
  };
}

function lineOf(document: Document.Parsed, lines: LineCounter, field: string): number {
  const map = document.contents;
  if (map === null || !('items' in map)) return 1;
  for (const item of map.items)
    if ('key' in item && item.key !== null && 'value' in item.key && item.key.value === field)
      return lines.linePos(item.key.range[0]).line;
  return 1;
}

function invalid(path: string, line: number, reason: string): SimulatorError {
  return new SimulatorError(
    'SCENARIO_INVALID',
    `The scenario ${path}, line ${line}, is not valid: ${reason}.`,
    'Mend that line; starter/scenarios/default.yml shows every setting.',
  );
}
