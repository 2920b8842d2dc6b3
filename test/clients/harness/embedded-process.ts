/** The process that `startEmbedded` forks: one embedded broker, until it is told to stop or its parent is gone. */
import { startBroker } from '../../../broker/index.ts';
import type { BrokerOptions } from './target.ts';

const quiet = new Set(['debug', 'info']);

process.once('message', async ({ dataDir, advertised, tls, user }: BrokerOptions) => {
  const broker = await startBroker({
    dataDir,
    port: 0,
    ...(advertised && { advertisedPort: advertised.plain }),
    listeners: [
      ...(user ? [{ port: 0, sasl: { users: [user] }, ...(advertised && { advertisedPort: advertised.sasl }) }] : []),
      ...(tls ? [{ port: 0, tls, ...(advertised && { advertisedPort: advertised.tls }) }] : []),
    ],
    // as the fixture of Apache Kafka is set, so that no test waits for nothing
    groupInitialDelayMs: 0,
    log: (level, message, fields) => {
      if (!quiet.has(level)) console.error(`broker ${level}: ${message}`, fields ?? '');
    },
  });
  const stop = async (): Promise<void> => {
    await broker.stop();
    process.exit(0);
  };
  process.on('message', stop);
  process.on('disconnect', stop);
  const [sasl = 0, tlsPort = 0] = broker.listenerPorts;
  process.send?.({ plain: broker.port, sasl, tls: tlsPort });
});
