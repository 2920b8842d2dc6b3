/** `tiffin bench [NAME]`: the figures that the README names, measured here and now. */
import { UsageError } from '../errors.ts';
import { exitCodes, narrate, print, printJson, tableText } from '../cli/output.ts';
import type { BenchOptions, BenchResult } from './types.ts';

type Bench = (options: BenchOptions) => Promise<BenchResult>;

/** Each is loaded only when it runs, so that one does not weigh on another's memory. */
const benches: Readonly<Record<string, { readonly seconds: number; readonly load: () => Promise<Bench> }>> = {
  simulator: { seconds: 5, load: async () => (await import('./simulator.ts')).benchSimulator },
  broker: { seconds: 10, load: async () => (await import('./broker.ts')).benchBroker },
  bronze: { seconds: 5, load: async () => (await import('./bronze.ts')).benchBronze },
  platform: { seconds: 60, load: async () => (await import('./platform.ts')).benchPlatform },
};

export interface BenchCommandOptions {
  readonly against?: string;
  readonly seconds?: number;
  readonly json?: boolean;
}

export const benchCommand = async (name: string | undefined, options: BenchCommandOptions): Promise<number> => {
  if (name !== undefined && !(name in benches))
    throw new UsageError(
      'NO_SUCH_BENCH',
      `There is no benchmark '${name}'.`,
      `There are: ${Object.keys(benches).join(', ')}.`,
    );
  const results: BenchResult[] = [];
  for (const [bench, { seconds, load }] of Object.entries(benches)) {
    if (name !== undefined && name !== bench) continue;
    const run = await load();
    const { against } = options;
    results.push(
      await run({ seconds: options.seconds ?? seconds, tell: narrate, ...(against !== undefined && { against }) }),
    );
  }
  if (options.json === true) printJson(results);
  else for (const result of results) printResult(result);
  return exitCodes.done;
};

const printResult = ({ bench, how, figures }: BenchResult): void => {
  print(`\n${bench}: ${how}`);
  print(
    tableText(
      ['figure', 'value', 'unit'],
      figures.map(({ name, value, unit }) => [name, value.toLocaleString('en-US'), unit]),
    ),
  );
};
