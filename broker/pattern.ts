/**
 * Regular expressions that clients send. Their syntax is RE2/J's, as in Apache Kafka, and so is the time that they take: it
 * grows with the text, where JavaScript's own engine may search for ever. The engine is loaded with the first of them.
 */
export interface Pattern {
  readonly kind: 'pattern';
  readonly text: string;
  /** Whether the whole of `name` is as the pattern says. */
  matches(name: string): boolean;
}

export interface InvalidPattern {
  readonly kind: 'invalid';
  /** What is wrong with it, in RE2/J's words. */
  readonly reason: string;
}

/** Each character of a name may cost a step for each instruction: one longer than this would be felt by all clients. */
const INSTRUCTIONS_MAX = 10_000;

export const compilePattern = async (text: string): Promise<Pattern | InvalidPattern> => {
  const { RE2JS, RE2JSSyntaxException } = await import('re2js');
  try {
    const compiled = RE2JS.compile(text);
    if (compiled.programSize() > INSTRUCTIONS_MAX) return { kind: 'invalid', reason: 'expression too large' };
    return { kind: 'pattern', text, matches: (name) => compiled.matches(name) };
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return { kind: 'invalid', reason: error.getDescription() };
    throw error;
  }
};
