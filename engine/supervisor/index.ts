/** Starting, watching, restarting and stopping the processes of the platform. */
export { SupervisedChild } from './child.ts';
export type { AskOptions, ChildOptions } from './child.ts';
export { defaultBackoff } from './backoff.ts';
export type { BackoffOptions } from './backoff.ts';
export { SelfWatch } from './self.ts';
