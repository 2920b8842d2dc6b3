/**
 * A workspace: the one folder that holds everything. Deleting it deletes all. Formats carry a version; an unknown one is
 * refused, never guessed at. The user's own files (pipelines, queries, …) are copied in once and never overwritten.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { TiffinError } from '../errors.ts';
import { acquireLock, type WorkspaceLock } from './lock.ts';

export { runningEngine } from './lock.ts';
export type { LockHolder, WorkspaceLock } from './lock.ts';

export const workspaceFormat = 1;

/** What makes a city what it is; fixed once it has run, since its events and its database go on from where they are. */
const worldSchema = z.object({
  seed: z.number().int().nonnegative(),
  riders: z.number().int().positive().optional(),
  startAtVirtualMs: z.number().int().optional(),
  demand: z.number().positive().optional(),
});

const settingsSchema = z.object({
  format: z.literal(workspaceFormat),
  seed: z.number().int().nonnegative(),
  createdAt: z.string(),
  kafka: z
    .discriminatedUnion('mode', [
      z.object({ mode: z.literal('embedded') }),
      /** a real Apache Kafka: where its jars are (default: `apache-kafka` in the workspace), and which Java runs it */
      z.object({
        mode: z.literal('apache'),
        jars: z.string().min(1).optional(),
        java: z.string().min(1).optional(),
      }),
      z.object({ mode: z.literal('external'), brokers: z.array(z.string().min(1)).min(1) }),
    ])
    .default({ mode: 'embedded' }),
  world: worldSchema.optional(),
});
export interface WorldSettings {
  readonly seed: number;
  readonly riders?: number;
  readonly startAtVirtualMs?: number;
  readonly demand?: number;
}
export type Settings = z.infer<typeof settingsSchema>;

/** Where things lie. All absolute. */
export interface Paths {
  readonly root: string;
  readonly settings: string;
  readonly kafka: string;
  /** the log of an Apache Kafka, and the jars that the user has put there */
  readonly kafkaApache: string;
  readonly apacheJars: string;
  readonly oltp: string;
  readonly lake: string;
  readonly meta: string;
  readonly ledger: string;
  readonly ingest: string;
  readonly exports: string;
  readonly logs: string;
  readonly tmp: string;
}

export interface Workspace {
  readonly paths: Paths;
  readonly settings: Settings;
}

export interface OpenOptions {
  readonly dir: string;
  /** The sample workspace whose files a new one gets. */
  readonly starterDir: string;
  /** The seed of a workspace that is created now. */
  readonly seed?: number;
}

export const defaultSeed = 42;

export const pathsOf = (dir: string): Paths => {
  const root = resolve(dir);
  const at = (...parts: string[]): string => join(root, ...parts);
  return {
    root,
    settings: at('tiffin.json'),
    kafka: at('kafka'),
    kafkaApache: at('kafka-apache'),
    apacheJars: at('apache-kafka'),
    oltp: at('oltp', 'shop.db'),
    lake: at('lake'),
    meta: at('meta.db'),
    ledger: at('ledger.db'),
    ingest: at('ingest.db'),
    exports: at('exports'),
    logs: at('logs'),
    tmp: at('tmp'),
  };
};

/** Reads a workspace that exists; `undefined` when there is none. Changes nothing. */
export const readWorkspace = (dir: string): Workspace | undefined => {
  const paths = pathsOf(dir);
  return existsSync(paths.settings) ? { paths, settings: readSettings(paths) } : undefined;
};

/** Creates the workspace where there is none, and takes its lock. Throws `WORKSPACE_IN_USE` when another engine has it. */
export const openWorkspace = async (options: OpenOptions): Promise<Workspace & { readonly lock: WorkspaceLock }> => {
  const paths = pathsOf(options.dir);
  if (existsSync(paths.root) && !statSync(paths.root).isDirectory())
    throw new TiffinError('NOT_A_FOLDER', `The workspace ${paths.root} is a file.`, 'Name a folder with --workspace.');
  mkdirSync(paths.root, { recursive: true });
  const found = existsSync(paths.settings) ? readSettings(paths) : undefined;
  const lock = await acquireLock(paths.root);
  try {
    const settings = found ?? create(paths, options);
    prepareFolders(paths);
    return { paths, settings, lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
};

const readSettings = (paths: Paths): Settings => {
  const data = parseJson(paths.settings);
  const format = (data as { format?: unknown } | null)?.format;
  if (format !== workspaceFormat)
    throw new TiffinError(
      'UNKNOWN_WORKSPACE_VERSION',
      `The workspace ${paths.root} has format ${JSON.stringify(format) ?? 'none'}; this Tiffin knows format ${workspaceFormat}.`,
      'Use the Tiffin that made it, or another folder with --workspace. Nothing in it was changed.',
    );
  const parsed = settingsSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new TiffinError(
    'BAD_SETTINGS',
    `${paths.settings}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}.`,
    'Correct the file; docs/ARCHITECTURE.md lists what it may hold.',
  );
};

const parseJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new TiffinError(
      'BAD_SETTINGS',
      `${path} is not valid JSON.`,
      'Correct it, or use another folder with --workspace.',
    );
  }
};

const create = (paths: Paths, { starterDir, seed = defaultSeed }: OpenOptions): Settings => {
  if (existsSync(starterDir)) cpSync(starterDir, paths.root, { recursive: true, force: false, errorOnExist: false });
  const settings: Settings = {
    format: workspaceFormat,
    seed,
    createdAt: new Date().toISOString(),
    kafka: { mode: 'embedded' },
  };
  // Written last: a workspace either has its settings or is created anew.
  writeSettings(paths, settings);
  return settings;
};

/** By rename, so that a crash leaves the old settings or the new ones. */
const writeSettings = (paths: Paths, settings: Settings): void => {
  const draft = `${paths.settings}.new`;
  writeFileSync(draft, `${JSON.stringify(settings, null, 2)}\n`);
  renameSync(draft, paths.settings);
};

/** The workspace's city. The first choice stays: another one afterwards is refused. */
export const chooseWorld = ({ paths, settings }: Workspace, wanted: Partial<WorldSettings>): WorldSettings => {
  // Read again: an earlier choice of this process is in the file.
  const known = readSettings(paths).world as WorldSettings | undefined;
  if (!known) {
    const world = { seed: settings.seed, ...wanted };
    writeSettings(paths, { ...settings, world });
    return world;
  }
  const entries = Object.entries(wanted) as [keyof WorldSettings, number][];
  const other = entries.find(([name, value]) => known[name] !== value);
  if (!other) return known;
  const [name, value] = other;
  throw new TiffinError(
    'OTHER_WORLD',
    `The city of the workspace ${paths.root} has ${name} ${known[name] ?? 'by default'}, not ${value}.`,
    'A city that has run goes on as it is: use another folder with --workspace for another city.',
  );
};

const prepareFolders = (paths: Paths): void => {
  rmSync(paths.tmp, { recursive: true, force: true });
  const own = [paths.kafka, paths.lake, paths.exports, paths.logs, paths.tmp];
  const inner = [
    join(paths.root, 'oltp'),
    join(paths.root, 'pipelines'),
    join(paths.tmp, 'pipeline'),
    join(paths.tmp, 'query'),
  ];
  for (const dir of [...own, ...inner]) mkdirSync(dir, { recursive: true });
};
