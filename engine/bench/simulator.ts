/** How fast the city generates events, alone and in one process: plan, order in time, encode. */
import { createWorld, EventStream } from '../../simulator/index.ts';
import { type BenchOptions, type BenchResult, perSecond } from './types.ts';

const batchEvents = 5_000;

export const benchSimulator = async ({ seconds, tell }: BenchOptions): Promise<BenchResult> => {
  tell(`simulator: generating for ${seconds} s …`);
  const stream = new EventStream(createWorld({ seed: 42 }));
  stream.take(batchEvents * 4);
  let bytes = 0;
  const eventsPerSecond = await perSecond(seconds, () => {
    const { body, count } = stream.take(batchEvents);
    bytes += body.length;
    return count;
  });
  return {
    bench: 'simulator',
    how: `one process, seed 42, ${seconds} s, events encoded as JSON and thrown away`,
    figures: [
      { name: 'generated', value: eventsPerSecond, unit: 'events/s' },
      { name: 'encoded', value: Math.round(bytes / seconds / 1e6), unit: 'MB/s' },
    ],
  };
};
