/** Entry point of the broker process: the embedded Kafka. */
import { type BrokerMetrics, startBroker } from '../../broker/index.ts';
import { hostChild } from './host.ts';
import type { BrokerRole } from './roles.ts';

hostChild<BrokerRole>(async (config, { log }) => {
  const broker = await startBroker({ ...config, log, now: Date.now });
  return {
    info: { port: broker.port, listenerPorts: broker.listenerPorts },
    metrics: () => ({ topics: topicsOf(broker.metrics()) }),
    asks: {
      'set faults': (rules) => {
        broker.faults.clear();
        for (const rule of rules) broker.faults.set(rule);
        return null;
      },
      faults: () => broker.faults.list(),
    },
    stop: () => broker.stop(),
  };
});

/** Kafka's own topics (`__consumer_offsets`, …) are not part of the data's way. */
const topicsOf = ({ topics }: BrokerMetrics): BrokerRole['metrics']['topics'] =>
  Object.fromEntries(
    Object.entries(topics)
      .filter(([topic]) => !topic.startsWith('__'))
      .map(([topic, { endOffsets, sizeBytes }]) => [
        topic,
        { messages: endOffsets.reduce((sum, end) => sum + end, 0), bytes: sizeBytes },
      ]),
  );
