/** Entry point of the broker process: the embedded Kafka. */
import { startBroker } from '../../broker/index.ts';
import { hostChild } from './host.ts';
import type { BrokerRole } from './roles.ts';

hostChild<BrokerRole>(async ({ host, port, dataDir }, { log }) => {
  const broker = await startBroker({ host, port, dataDir, log, now: Date.now });
  return {
    info: { port: broker.port },
    metrics: () => ({ topics: topicsOf(broker.metrics()) }),
    asks: {},
    stop: () => broker.stop(),
  };
});
