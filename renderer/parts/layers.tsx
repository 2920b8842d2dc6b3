/** The layers of the data: each with its colour, icon and word, so that colour alone never carries the meaning. */
import {
  IconBolt,
  IconDatabase,
  IconBuildingStore,
  IconDiamond,
  IconFilter,
  IconPlugConnected,
  IconShieldExclamation,
  IconStack2,
  IconArrowsTransferDown,
  type Icon,
} from '@tabler/icons-react';
import { createElement } from 'react';
import type { FlowNode, Layer } from '../../engine/contract/index.ts';
import styles from './layers.module.css';

interface LayerLook {
  readonly word: string;
  readonly plural: string;
  readonly icon: Icon;
}

export const layers: Readonly<Record<Layer, LayerLook>> = {
  source: { word: 'source', plural: 'Sources', icon: IconBuildingStore },
  topic: { word: 'topic', plural: 'Topics', icon: IconBolt },
  bronze: { word: 'bronze', plural: 'Bronze', icon: IconStack2 },
  silver: { word: 'silver', plural: 'Silver', icon: IconFilter },
  gold: { word: 'gold', plural: 'Gold', icon: IconDiamond },
  quarantine: { word: 'quarantine', plural: 'Quarantine', icon: IconShieldExclamation },
};

const sourceIcons: Partial<Record<FlowNode['kind'], Icon>> = {
  oltp: IconDatabase,
  gateway: IconPlugConnected,
  cdc: IconArrowsTransferDown,
};

export const iconOf = (layer: Layer, kind?: string): Icon =>
  (layer === 'source' ? sourceIcons[kind as FlowNode['kind']] : undefined) ?? layers[layer].icon;

export const layerColor = (layer: Layer): string => `var(--layer-${layer})`;

export const LayerIcon = ({ layer, kind, size = 14 }: { layer: Layer; kind?: string; size?: number }) => {
  const look = { className: styles['icon'] ?? '', size, stroke: 1.75, color: layerColor(layer), 'aria-hidden': true };
  return createElement(iconOf(layer, kind), look);
};

export const LayerTag = ({ layer, kind }: { layer: Layer; kind?: string }) => (
  <span className={styles['tag']} style={{ color: layerColor(layer) }}>
    <LayerIcon layer={layer} {...(kind === undefined ? {} : { kind })} size={12} />
    {layers[layer].word}
  </span>
);
