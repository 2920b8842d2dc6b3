/** One .sql file: its text, its name in messages, and where an offset in it is. */
import { PipelineError, type Problem } from '../problems.ts';

export class SourceFile {
  /** As shown in messages: relative to the project, with forward slashes. */
  readonly name: string;
  readonly text: string;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  /** Line and column, both from 1, of a character offset. */
  place(offset: number): { file: string; line: number; column: number } {
    const before = this.text.slice(0, offset);
    const lineStart = before.lastIndexOf('\n') + 1;
    return { file: this.name, line: before.split('\n').length, column: offset - lineStart + 1 };
  }

  problem(offset: number, code: string, message: string, hint: string): Problem {
    return { code, message, hint, ...this.place(offset) };
  }

  error(offset: number, code: string, message: string, hint: string): PipelineError {
    return new PipelineError(this.problem(offset, code, message, hint));
  }
}
