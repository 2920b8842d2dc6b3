/**
 * What the user can do to the platform from anywhere: from a button, from the palette, by a key. A failure becomes a
 * notification with the engine's own sentence and hint.
 */
import { notifications } from '@mantine/notifications';
import type { AuditReport, ProcessName, WorldState } from '../../engine/contract/index.ts';
import { api } from '../api/client.ts';
import { holdWorld } from '../api/live.ts';
import { problemOf } from '../api/problem.ts';
import { createStore } from '../api/store.ts';

export type KillableProcess = Exclude<ProcessName, 'engine'>;
export const isKillable = (name: ProcessName): name is KillableProcess => name !== 'engine';

/** The process whose end waits for a confirmation. */
export const killAsked = createStore<KillableProcess | null>(null);
export const helpOpen = createStore(false);

export interface AuditState {
  readonly running: boolean;
  readonly report: AuditReport | null;
  readonly error: unknown;
}
export const audit = createStore<AuditState>({ running: false, report: null, error: null });

export const tell = (title: string, error: unknown): void => {
  const { message, hint } = problemOf(error);
  notifications.show({
    title,
    message: hint === undefined ? message : `${message} ${hint}`,
    color: 'fault',
    autoClose: 8000,
  });
};

/** Runs a call whose failure is shown; answers whether it worked. */
export const attempt = async (title: string, call: () => Promise<unknown>): Promise<boolean> => {
  try {
    await call();
    return true;
  } catch (error) {
    tell(title, error);
    return false;
  }
};

const worldCall = (title: string, call: () => Promise<WorldState>): Promise<boolean> =>
  attempt(title, async () => holdWorld(await call()));

export const startWorld = () => worldCall('The city did not start', () => api.world.start.mutate());
export const pauseWorld = () => worldCall('The city did not pause', () => api.world.pause.mutate());
export const setRate = (ratePerSecond: number | null) =>
  worldCall('The rate was not changed', () => api.world.setRate.mutate({ ratePerSecond }));

export const kill = (name: KillableProcess) =>
  attempt(`${name} was not killed`, async () => {
    await api.processes.kill.mutate({ name });
    notifications.show({
      title: `${name} was killed`,
      message: 'The engine starts it again; watch its row below the diagram.',
      color: 'gray',
    });
  });

export const runAudit = async (): Promise<void> => {
  if (audit.get().running) return;
  audit.update((state) => ({ ...state, running: true, error: null }));
  try {
    audit.set({ running: false, report: await api.audit.run.mutate(), error: null });
  } catch (error) {
    audit.update((state) => ({ ...state, running: false, error }));
  }
};

/** Rates that the picker and the palette offer, events a second; null is as fast as it goes. */
export const rates: readonly (number | null)[] = [10, 100, 500, 1000, 2000, 5000, null];
export const rateName = (ratePerSecond: number | null): string =>
  ratePerSecond === null ? 'max' : `${ratePerSecond.toLocaleString('en-US')}/s`;
