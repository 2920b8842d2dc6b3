/** A process that runs the pipeline, to be killed. Its configuration comes as JSON in the first argument. */
import { startPipeline, type PipelineConfig } from '../pipeline/index.ts';

const plain = JSON.parse(process.argv[2]!) as Omit<PipelineConfig, 'log' | 'now'>;
const pipeline = await startPipeline({ ...plain, log: () => undefined, now: Date.now });
process.send!('ready');
process.on('message', (message) => {
  if (message === 'drain') void pipeline.drain().then(() => process.send!('drained'));
});
process.on('disconnect', () => process.exit(1));
