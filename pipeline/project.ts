/** A project: the parsed statements of `pipelines/`, at any depth, below a folder. */
import { readFile, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Statement } from './language/ast.ts';
import { SourceFile } from './language/source.ts';
import { parseFile } from './language/statements.ts';
import { PipelineError, type Problem } from './problems.ts';

export interface Project {
  readonly dir: string;
  readonly files: readonly SourceFile[];
  readonly statements: readonly Statement[];
}

/** Parses all pipelines of a project; throws a `PipelineError` with every problem found. */
export const loadProject = async (dir: string): Promise<Project> => {
  const { project, problems } = await readProject(dir);
  if (problems.length > 0) throw new PipelineError(problems);
  return project;
};

/** As `loadProject`, with the problems as a value. */
export const readProject = async (dir: string): Promise<{ project: Project; problems: Problem[] }> => {
  const files = await Promise.all((await sqlFiles(dir)).map((path) => readSource(dir, path)));
  const parsed = files.map(parseFile);
  return {
    project: { dir, files, statements: parsed.flatMap(({ statements }) => statements) },
    problems: parsed.flatMap(({ problems }) => problems),
  };
};

const sqlFiles = async (dir: string): Promise<string[]> => {
  const root = join(dir, 'pipelines');
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.sql'));
    return files.map((entry) => join(entry.parentPath, entry.name)).toSorted();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const hint = 'Create it, or copy the starter pipelines there.';
    throw new PipelineError(
      { code: 'PIPELINES_MISSING', message: `There is no folder ${root}.`, hint },
      { cause: error },
    );
  }
};

const readSource = async (dir: string, path: string): Promise<SourceFile> =>
  new SourceFile(relative(dir, path).split(sep).join('/'), await readFile(path, 'utf8'));
