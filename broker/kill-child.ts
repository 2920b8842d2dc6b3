/** The process that the kill test kills: one broker, as told by its parent. Dies with its parent, too. */
import { startBroker } from './index.ts';

const [dataDir = '', port = '0'] = process.argv.slice(2);
const broker = await startBroker({
  port: Number(port),
  dataDir,
  defaultPartitions: 2,
  // Small segments, so that kills meet rolls and snapshots too.
  topicDefaults: { 'internal.segment.bytes': '200000' },
  log: (level, message) => {
    if (level === 'error') console.error(message);
  },
});
process.on('disconnect', () => process.exit(0));
process.send?.(broker.port);
