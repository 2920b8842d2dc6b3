/** A simulator in a process of its own, for tests that kill it. Its settings come as JSON in the first argument. */
import { startSimulator } from '../simulator.ts';
import type { SimulatorConfig } from '../simulator.ts';

const settings = JSON.parse(process.argv[2]!) as Omit<SimulatorConfig, 'now' | 'log'>;
// The wall clock paces and stamps; a process has one.
const now = (): number => performance.timeOrigin + process.uptime() * 1000;
const city = await startSimulator({
  ...settings,
  now,
  log: (level, message) => void process.stderr.write(`${level} ${message}\n`),
});
const end = await city.done;
process.stdout.write(`${end} ${JSON.stringify(city.metrics().topics)}\n`);
