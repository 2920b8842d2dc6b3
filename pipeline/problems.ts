/**
 * What can be wrong with a pipeline, told as a sentence with its place in the file and a way out.
 * Expected problems are values (`Problem`); `PipelineError` carries one or more of them to whoever cannot go on.
 */

export interface Problem {
  readonly code: string;
  /** One sentence: what is wrong and where. */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** From 1, in characters. */
  readonly column?: number;
}

export class PipelineError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly problems: readonly Problem[];
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(problems: Problem | readonly Problem[], options?: ErrorOptions) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    const first = list[0]!;
    super(list.map(describe).join('\n'), options);
    this.name = 'PipelineError';
    this.code = first.code;
    this.hint = first.hint;
    this.problems = list;
    this.file = first.file;
    this.line = first.line;
    this.column = first.column;
  }
}

/** `pipelines/city.sql:12:8: message`, or the message alone when it has no place. */
export const describe = ({ file, line, column, message }: Problem): string =>
  file === undefined ? message : `${file}:${line ?? 1}:${column ?? 1}: ${message}`;

/** Any thrown value as a problem; foreign errors keep their own code where they have one. */
export const problemOf = (error: unknown, place: { file?: string; line?: number } = {}): Problem => {
  if (error instanceof PipelineError) return { ...place, ...error.problems[0]! };
  const { code, hint, message } = error as { code?: unknown; hint?: unknown; message?: unknown };
  return {
    ...place,
    code: typeof code === 'string' ? code : 'PIPELINE_FAILED',
    message: typeof message === 'string' ? message : String(error),
    hint: typeof hint === 'string' ? hint : 'The flow tries again with growing pauses; see the log for details.',
  };
};
