/** The configuration of topics and of the broker, with where each value comes from. */
import { noSuchTopic, refuse, type Refusal } from '../catalog/catalog.ts';
import { NODE_ID, type Endpoint, type Services } from '../context.ts';
import { describeBrokerConfig, describeTopicConfig, type DescribedConfig } from '../catalog/describe-config.ts';
import { ErrorCode } from '../errors.ts';
import { RESOURCE_BROKER, RESOURCE_BROKER_LOGGER, RESOURCE_TOPIC } from './operations.ts';
import { array, bool, int16, int32, int8, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const describeConfigs = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleSince: 4,
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: array(string(), { nullable: 0 }),
    }),
    includeSynonyms: bool({ default: false }),
    includeDocumentation: bool({ since: 3, default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      errorCode: int16(),
      errorMessage: string({ nullable: 0 }),
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: string({ nullable: 0 }),
        readOnly: bool(),
        configSource: int8({ default: -1 }),
        isSensitive: bool(),
        synonyms: array({
          name: string(),
          value: string({ nullable: 0 }),
          source: int8(),
        }),
        configType: int8({ since: 3, default: 0 }),
        documentation: string({ since: 3, nullable: 0 }),
      }),
    }),
  },
  handle: (request, { services, peer }) => ({
    results: request.resources.map((resource) => {
      const { resourceType, resourceName } = resource;
      const found = find(services, peer.endpoint, resource);
      if (!Array.isArray(found)) return refused(resource, found);
      const wanted = new Set(resource.configurationKeys);
      const configs = found.filter((one) => wanted.size === 0 || wanted.has(one.name));
      return {
        resourceType,
        resourceName,
        errorCode: ErrorCode.NONE,
        errorMessage: null,
        configs: configs.map((one) => show(one, request)),
      };
    }),
  }),
  refuse: (request, errorCode) => ({
    results: request.resources.map((resource) => refused(resource, { errorCode, message: null })),
  }),
});

interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

const refused = (
  { resourceType, resourceName }: Resource,
  { errorCode, message }: { readonly errorCode: number; readonly message: string | null },
) => ({ resourceType, resourceName, errorCode, errorMessage: message, configs: [] });

const find = (services: Services, endpoint: Endpoint, resource: Resource): DescribedConfig[] | Refusal => {
  const { resourceType, resourceName } = resource;
  if (resourceType === RESOURCE_TOPIC) return findTopic(services, resourceName);
  if (resourceType !== RESOURCE_BROKER) return refuse(ErrorCode.INVALID_REQUEST, sentenceFor(resourceType));
  // The name that stands for all brokers: what is set for them while they run, which is nothing.
  if (resourceName === '') return [];
  if (resourceName === String(NODE_ID)) return describeBrokerConfig(services.settings, endpoint);
  return refuse(
    ErrorCode.INVALID_REQUEST,
    `Unexpected broker id, expected ${NODE_ID} or empty string, but received ${resourceName}`,
  );
};

const sentenceFor = (resourceType: number): string =>
  resourceType === RESOURCE_BROKER_LOGGER
    ? 'The broker has no log levels that could be read or set.'
    : `Only topics and the broker have settings; resource type ${resourceType} has none.`;

const findTopic = ({ catalog }: Services, name: string): DescribedConfig[] | Refusal => {
  const topic = catalog.named(name);
  return topic === undefined ? noSuchTopic(name) : describeTopicConfig(topic.config, catalog.defaults);
};

const show = (one: DescribedConfig, asked: { includeSynonyms: boolean; includeDocumentation: boolean }) => ({
  name: one.name,
  value: one.value,
  readOnly: one.readOnly,
  configSource: one.source,
  isSensitive: false,
  synonyms: asked.includeSynonyms ? one.synonyms : [],
  configType: one.type,
  documentation: asked.includeDocumentation ? one.documentation : null,
});
