/** Ingest as a process of its own, for tests that kill it: config as JSON in argv, `up <url>` on stdout, SIGTERM drains. */
import { startIngest } from '../ingest/index.ts';

const config = JSON.parse(process.argv[2]!) as {
  brokers: string[];
  port: number;
  statePath: string;
  oltpPath?: string;
};
const ingest = await startIngest({
  ...config,
  host: '127.0.0.1',
  patienceMs: 1_000,
  now: Date.now,
  log: (level, message) => console.error(level, message),
});
console.log(`up ${ingest.gatewayUrl}`);
process.on('SIGTERM', () => void ingest.stop().then(() => process.exit(0)));
process.on('disconnect', () => process.exit(1));
