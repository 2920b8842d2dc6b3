/** From a full topic to durable bronze: the pipeline's process alone against a topic that was filled before. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTopic, openStage, partitions, runLoad, type Stage } from './kafka.ts';
import { messageBytes, type BenchOptions, type BenchResult } from './types.ts';

const topic = 'bench';
const table = 'bronze.bench';

export const benchBronze = async ({ seconds, tell }: BenchOptions): Promise<BenchResult> => {
  const messages = seconds * 200_000;
  const stage = await openStage();
  try {
    tell(`bronze: filling a topic with ${messages} messages of ${messageBytes} bytes …`);
    const { address } = stage;
    await createTopic(address, topic);
    await runLoad({ kind: 'produce', address, topic, messages });
    tell('bronze: reading it into the lake …');
    const took = await ingest(stage);
    return {
      bench: 'bronze',
      how: `${messages} messages of ${messageBytes} bytes, ${partitions} partitions, pipeline's process only, every commit synced to disk`,
      figures: [
        { name: 'into bronze', value: Math.round(messages / took), unit: 'events/s' },
        { name: 'seconds', value: Math.round(took * 100) / 100, unit: 's' },
        {
          name: 'memory of the pipeline, peak',
          value: Math.round(stage.processes.pipeline.totals.rssPeakBytes / 1e6),
          unit: 'MB',
        },
      ],
    };
  } finally {
    await stage.processes.pipeline.stop();
    await stage.stop();
  }
};

const ingest = async ({ dir, processes, address }: Stage): Promise<number> => {
  mkdirSync(join(dir, 'pipelines'), { recursive: true });
  const statement = `CREATE OR REFRESH STREAMING TABLE ${table} AS SELECT * FROM STREAM read_kafka(topics => '${topic}');\n`;
  writeFileSync(join(dir, 'pipelines', 'bench.sql'), statement);
  const beganAtMs = performance.now();
  await processes.pipeline.start(() => ({
    projectDir: dir,
    lakeRoot: join(dir, 'lake'),
    tmpDir: join(dir, 'tmp'),
    brokers: [address],
    triggerMs: 100,
    memoryLimitMb: 400,
  }));
  const readyAtMs = performance.now();
  await processes.pipeline.ask('drain', {}, { retry: true });
  // What the process does before it is ready is start-up, not ingestion; it reads nothing until then.
  return (performance.now() - Math.max(beganAtMs, readyAtMs)) / 1000;
};
