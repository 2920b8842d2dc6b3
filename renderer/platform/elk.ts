/** ELK in a worker of its own, as a file of this origin: the page stays responsive and the policy stays strict. */
import ELK from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { Drawing } from './cards.ts';
import { elkGraph, orderingOf, type Ordering } from './layout.ts';

let elk: InstanceType<typeof ELK> | undefined;

export const orderWithElk = async (drawing: Drawing): Promise<Ordering> => {
  elk ??= new ELK({ workerFactory: () => new Worker(workerUrl) });
  return orderingOf(await elk.layout(elkGraph(drawing)));
};
