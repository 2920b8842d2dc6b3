/** Changes to topics' configurations: the whole at once, or value by value. */
import { ErrorCode } from '../errors.ts';
import { RESOURCE_TOPIC } from '../apis/operations.ts';
import { refuse, type Catalog, type Refusal } from './catalog.ts';
import { isTopicConfigName, topicConfigKeys, type TopicConfig } from './topic-config.ts';

interface Setting {
  readonly name: string;
  readonly value: string | null;
}
interface Alteration extends Setting {
  readonly configOperation: number;
}
type Outcome = { readonly errorCode: number; readonly errorMessage: string | null };
type Change = (now: TopicConfig, defaults: TopicConfig) => readonly Setting[] | Refusal;

const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3];

/** Applies single changes to what is set now. */
export const alterations =
  (wanted: readonly Alteration[]): Change =>
  (now, defaults) => {
    const config = new Map<string, string>(Object.entries(now));
    for (const { name, value, configOperation } of wanted) {
      if (!isTopicConfigName(name)) return refuse(ErrorCode.INVALID_CONFIG, `Unknown topic config name: ${name}`);
      const { type, default: fallback } = topicConfigKeys[name];
      if (configOperation === DELETE) config.delete(name);
      else if (value === null) return refuse(ErrorCode.INVALID_CONFIG, `A value is needed for ${name}`);
      else if (configOperation === SET) config.set(name, value);
      else if (type !== 'list')
        return refuse(ErrorCode.INVALID_CONFIG, `${name} is no list that values can be added to`);
      else {
        const listed = (config.get(name) ?? defaults[name] ?? fallback).split(',').filter((one) => one !== '');
        config.set(name, combine(configOperation, listed, value.split(',')).join(','));
      }
    }
    return [...config].map(([name, value]) => ({ name, value }));
  };

const combine = (operation: number, listed: readonly string[], values: readonly string[]): string[] => {
  if (operation === APPEND) return [...new Set([...listed, ...values])];
  return operation === SUBTRACT ? listed.filter((one) => !values.includes(one)) : [...listed];
};

/** Gives a resource the configuration that `change` comes to. Only topics can be configured while the broker runs. */
export const replaceConfig = (
  catalog: Catalog,
  resource: { readonly resourceType: number; readonly resourceName: string },
  change: Change,
  validateOnly: boolean,
): Outcome => {
  const refusal = apply(catalog, resource, change, validateOnly);
  return { errorCode: refusal?.errorCode ?? ErrorCode.NONE, errorMessage: refusal?.message ?? null };
};

const apply = (
  catalog: Catalog,
  { resourceType, resourceName }: { readonly resourceType: number; readonly resourceName: string },
  change: Change,
  validateOnly: boolean,
): Refusal | undefined => {
  if (resourceType !== RESOURCE_TOPIC)
    return refuse(
      ErrorCode.INVALID_REQUEST,
      "Only topics can be configured; the broker's own settings are given at its start.",
    );
  const topic = catalog.named(resourceName);
  if (topic === undefined)
    return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${resourceName}' does not exist.`);
  const settings = change(topic.config, catalog.defaults);
  if ('kind' in settings) return settings;
  const config = Object.fromEntries(settings.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])));
  return validateOnly ? catalog.checkConfig(config) : catalog.configure(topic, config);
};
