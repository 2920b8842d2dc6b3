/** An expected failure: what is wrong and where, and what to do about it. */
export class SimulatorError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SimulatorError';
    this.code = code;
    this.hint = hint;
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a system error such as ENOENT, or of an SQLite error such as SQLITE_FULL. */
export function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}

export type Log = (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: object) => void;

/** Anything else that was thrown is a bug of ours, and says so. */
export function asSimulatorError(error: unknown): SimulatorError {
  if (error instanceof SimulatorError) return error;
  return new SimulatorError(
    'SIMULATOR_FAILED',
    `The simulator failed: ${messageOf(error)}.`,
    'This is a bug: please report it with the log. Restarting resumes where it was.',
    error,
  );
}
