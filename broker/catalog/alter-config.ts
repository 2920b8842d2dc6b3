/** Changes to topics' configurations: the whole at once, or value by value. */
import { RESOURCE_TOPIC } from '../apis/operations.ts';
import { ErrorCode } from '../errors.ts';
import { noSuchTopic, refuse, type Catalog, type Refusal } from './catalog.ts';
import { listed, plainValue } from './config-values.ts';
import {
  configOf,
  isTopicConfigName,
  topicConfigKeys,
  unset,
  valueOf,
  type Setting,
  type TopicConfig,
} from './topic-config.ts';

interface Alteration extends Setting {
  readonly configOperation: number;
}

interface Resource<S> {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly S[];
}

/** How the settings that a request gives become a topic's configuration. */
interface Way<S> {
  /** What is wrong with the settings, whatever topic they are for. */
  check(settings: readonly S[]): Refusal | undefined;
  apply(settings: readonly S[], now: TopicConfig, defaults: TopicConfig): TopicConfig;
}

const checkValues = (settings: readonly Setting[]): Refusal | undefined => {
  const names = unset(settings);
  if (names.length === 0) return undefined;
  return refuse(ErrorCode.INVALID_REQUEST, `Null value not supported for : ${names.join(', ')}`);
};

/** What is not given is taken back. */
export const wholly: Way<Setting> = { check: checkValues, apply: configOf };

interface Operation {
  readonly name: string;
  readonly isForLists: boolean;
  readonly needsValue: boolean;
  /** What becomes of the value that holds now; undefined: it is taken back. */
  change(value: string, held: string): string | undefined;
}

/** By Kafka's number for them. */
const operations: readonly Operation[] = [
  { name: 'SET', isForLists: false, needsValue: true, change: (value) => value },
  { name: 'DELETE', isForLists: false, needsValue: false, change: () => undefined },
  {
    name: 'APPEND',
    isForLists: true,
    needsValue: true,
    change: (value, held) => [...new Set([...listed(held), ...partsOf(value)])].join(','),
  },
  {
    name: 'SUBTRACT',
    isForLists: true,
    needsValue: true,
    change(value, held) {
      const parts = partsOf(value);
      return listed(held)
        .filter((one) => !parts.includes(one))
        .join(',');
    },
  },
];

const partsOf = (value: string): string[] => listed(plainValue('list', value));

const isList = (name: string): boolean => isTopicConfigName(name) && topicConfigKeys[name].type === 'list';

const checkOperation = ({ name, configOperation }: Alteration): Refusal | undefined => {
  const operation = operations[configOperation];
  if (operation === undefined)
    return refuse(ErrorCode.INVALID_REQUEST, `Unknown operation ${configOperation} for ${name}`);
  if (!operation.isForLists || isList(name)) return undefined;
  return refuse(ErrorCode.INVALID_CONFIG, `Can't ${operation.name} to key ${name} because its type is not LIST.`);
};

/** Each setting is changed by an operation of its own; the others stay. */
export const singly: Way<Alteration> = {
  check(settings) {
    const needing = settings.filter(({ configOperation }) => operations[configOperation]?.needsValue);
    return checkValues(needing) ?? settings.map(checkOperation).find((refusal) => refusal !== undefined);
  },
  apply(settings, now, defaults) {
    const config = new Map<string, string>(Object.entries(now));
    for (const { name, value, configOperation } of settings) {
      const held = isTopicConfigName(name) ? valueOf(name, now, defaults) : '';
      const changed = operations[configOperation]?.change(value ?? '', held);
      if (changed === undefined) config.delete(name);
      else config.set(name, changed);
    }
    return Object.fromEntries(config);
  },
};

/** Gives each resource its new configuration, or says why not. Only topics can be configured while the broker runs. */
export const alter = <S extends Setting>(
  catalog: Catalog,
  resources: readonly Resource<S>[],
  way: Way<S>,
  validateOnly: boolean,
) => {
  const named = Map.groupBy(resources, idOf);
  return resources.map((resource) => {
    const isRepeated = named.get(idOf(resource))!.length > 1;
    const refusal = isRepeated ? REPEATED : alterOne(catalog, resource, way, validateOnly);
    const { resourceType, resourceName } = resource;
    return {
      resourceType,
      resourceName,
      errorCode: refusal?.errorCode ?? ErrorCode.NONE,
      errorMessage: refusal?.message ?? null,
    };
  });
};

const idOf = ({ resourceType, resourceName }: Resource<Setting>): string => `${resourceType} ${resourceName}`;

const REPEATED = refuse(ErrorCode.INVALID_REQUEST, 'Each resource must appear at most once.');
const REPEATED_KEYS = refuse(ErrorCode.INVALID_REQUEST, 'Error due to duplicate config keys');
const NO_TOPIC = refuse(
  ErrorCode.INVALID_REQUEST,
  "Only topics can be configured; the broker's own settings are given at its start.",
);

const alterOne = <S extends Setting>(
  catalog: Catalog,
  { resourceType, resourceName, configs }: Resource<S>,
  way: Way<S>,
  validateOnly: boolean,
): Refusal | undefined => {
  if (resourceType !== RESOURCE_TOPIC) return NO_TOPIC;
  if (new Set(configs.map(({ name }) => name)).size < configs.length) return REPEATED_KEYS;
  const refusal = way.check(configs);
  if (refusal !== undefined) return refusal;
  const topic = catalog.named(resourceName);
  if (topic === undefined) return noSuchTopic(resourceName);
  const config = way.apply(configs, topic.config, catalog.defaults);
  return validateOnly ? catalog.checkConfig(config) : catalog.configure(topic, config);
};
