/**
 * kafkajs 2.2.4 sets timers with negative delays (harmless: they fire at once), of which Node 24 warns on every connection.
 * That one warning is dropped; all others are shown.
 */
const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;

const nameOf = (type: unknown): unknown =>
  typeof type === 'object' && type !== null ? (type as { type?: unknown }).type : type;

export const silenceKafkajsWarning = (): void => {
  process.emitWarning = ((warning: string | Error, type?: unknown, ...rest: unknown[]): void => {
    const name = warning instanceof Error ? warning.name : nameOf(type);
    if (name !== 'TimeoutNegativeWarning') emitWarning(warning, type, ...rest);
  }) as typeof process.emitWarning;
};
