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
