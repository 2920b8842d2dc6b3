/** The process that `startEmbedded` forks: one embedded broker, until it is told to stop or its parent is gone. */
import { startBroker } from '../../../broker/index.ts';

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly port?: number;
  /** the port that clients are told, where it is not the one listened on (a proxy) */
  readonly advertisedPort?: number;
}

const quiet = new Set(['debug', 'info']);

process.once('message', async ({ dataDir, port = 0, advertisedPort }: EmbeddedOptions) => {
  const broker = await startBroker({
    dataDir,
    port,
    ...(advertisedPort === undefined ? {} : { advertisedPort }),
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
  process.send?.({ port: broker.port });
});
