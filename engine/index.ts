/** The engine room: the composition root. */
export type { AppRouter } from './api/router.ts';
