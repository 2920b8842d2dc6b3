/** The embedded Kafka as a process of its own, for tests that kill it: config as JSON in argv, `up` on stdout, SIGTERM stops. */
import { startBroker } from '../broker/index.ts';

const { dataDir, port } = JSON.parse(process.argv[2]!) as { dataDir: string; port: number };
const broker = await startBroker({
  dataDir,
  port,
  groupInitialDelayMs: 0,
  log: (level, message) => console.error(level, message),
});
console.log('up');
process.on('SIGTERM', () => void broker.stop().then(() => process.exit(0)));
process.on('disconnect', () => process.exit(1));
