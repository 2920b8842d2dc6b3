/** The engine room: the composition root. */
export type { AppRouter } from './api/router.ts';
export { type Apache, ApacheMissing, type ApacheOptions, classPath, findApache, startApache } from './kafka/apache.ts';
export { nodeFlagsOf } from './platform/processes.ts';
