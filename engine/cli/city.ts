/** Which city is fed: the workspace's own, or the one that `--seed` and `--scenario` choose for a new workspace. */
import { join } from 'node:path';
import type { Platform } from '../platform/index.ts';
import { chooseWorld, type Workspace, type WorldSettings } from '../workspace/index.ts';

/** The city's name as a source: the gateway and the ledger keep its position under it. */
export const citySource = 'city';

export interface City {
  readonly world: WorldSettings;
  /** undefined: the scenario does not say; null: as fast as it goes */
  readonly ratePerSecond: number | null | undefined;
  readonly maxEvents: number | undefined;
}

export const chooseCity = async (
  platform: Platform,
  workspace: Workspace,
  { seed, scenario }: { readonly seed?: number; readonly scenario?: string },
): Promise<City> => {
  const dir = join(workspace.paths.root, 'scenarios');
  const loaded =
    scenario === undefined
      ? undefined
      : await platform.processes.simulator.ask('scenario', { dir, name: scenario }, { retry: true });
  const world = chooseWorld(workspace, {
    ...(loaded?.seed !== undefined && { seed: loaded.seed }),
    ...(loaded?.riders !== undefined && { riders: loaded.riders }),
    ...(loaded?.startAtVirtualMs !== undefined && { startAtVirtualMs: loaded.startAtVirtualMs }),
    ...(loaded?.demand !== undefined && { demand: loaded.demand }),
    ...(seed !== undefined && { seed }),
  });
  return { world, ratePerSecond: loaded?.ratePerSecond, maxEvents: loaded?.maxEvents };
};
