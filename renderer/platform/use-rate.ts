/** What flows at a node, or at several together: the mean of the last seconds where it is sampled, else what the state says. */
import type { FlowNode } from '../../engine/contract/index.ts';
import { platform, rates } from '../api/live.ts';
import { useSelect } from '../api/store.ts';
import { sum } from './figures.ts';

export const useRate = (nodes: readonly FlowNode[]): number | undefined => {
  const mean = useSelect(rates, (all) => sum(nodes.map((node) => all[node.name])));
  const now = useSelect(platform, (state) => sum(nodes.map((node) => state?.nodes[node.id]?.perSecond)));
  return mean ?? now;
};
