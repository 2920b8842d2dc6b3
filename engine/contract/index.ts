/** The engine's contract with its clients: types, validators, and the type of its router. Runs anywhere. */
export * from './inputs.ts';
export * from './types.ts';
export type { AppRouter } from '../index.ts';
