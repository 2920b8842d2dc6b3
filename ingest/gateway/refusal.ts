/** What the gateway answers when it does not take a request: an HTTP status and the error in the form of the contract. */

export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  /** 1 is the body's first line. */
  readonly line: number | undefined;
  /** Where the line would have gone, if that is known. */
  readonly topic: string | undefined;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    message: string,
    hint: string,
    details: { line?: number; topic?: string; nextSequence?: number } = {},
  ) {
    super(message);
    const { line, topic, ...extra } = details;
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.line = line;
    this.topic = topic;
    this.extra = extra;
  }

  body(): object {
    const line = this.line === undefined ? {} : { line: this.line };
    return { error: { code: this.code, message: this.message, hint: this.hint, ...line }, ...this.extra };
  }
}
