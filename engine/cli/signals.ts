/**
 * When to stop: Ctrl-C, SIGTERM, the terminal's end, or the message `{type: 'stop'}` and the closing channel of a parent that
 * started us as its child (on Windows there is no SIGTERM). A second Ctrl-C ends everything at once.
 */
import { narrate } from './output.ts';

export interface StopRequest {
  readonly requested: Promise<void>;
  dispose(): void;
}

const killedByUser = 130;

export const onStopRequest = (): StopRequest => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = false;
  const request = (): void => {
    asked = true;
    resolve();
  };
  const interrupt = (): void => {
    // The processes die with us: their channel closes.
    if (asked) process.exit(killedByUser);
    narrate('Stopping … (Ctrl-C again to kill)');
    request();
  };
  const hear = (message: unknown): void => {
    if ((message as { type?: unknown } | null)?.type === 'stop') request();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', request).on('message', hear).on('disconnect', request);
  if (process.platform !== 'win32') process.on('SIGHUP', request);
  // Listening to the parent must not keep us alive.
  process.channel?.unref();
  return {
    requested: promise,
    dispose: () => {
      process.off('SIGINT', interrupt).off('SIGTERM', request).off('message', hear).off('disconnect', request);
      if (process.platform !== 'win32') process.off('SIGHUP', request);
    },
  };
};
