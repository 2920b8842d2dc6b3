/** Every expected failure of the lake: a code, what is wrong and where, and what to do about it. */
export class LakeError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LakeError';
    this.code = code;
    this.hint = hint;
  }
}

/** Node's codes and DuckDB's words for a disk that takes no more. */
const isDiskFull = (error: unknown): boolean =>
  error instanceof Error &&
  (/^(ENOSPC|EDQUOT)$/.test('code' in error ? String(error.code) : '') || /no space left/i.test(error.message));

/** The failure to write a file as a sentence of ours; `undefined` when the disk is not full. */
export const diskFull = (place: string, cause: unknown): LakeError | undefined =>
  isDiskFull(cause)
    ? new LakeError(
        'LAKE_DISK_FULL',
        `The disk is full: ${place} could not be written.`,
        'Free some space and go on; what was committed is safe.',
        { cause },
      )
    : undefined;
