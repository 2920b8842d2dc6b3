/** The configuration of topics and of the broker, with where each value comes from. */
import type { Services } from '../context.ts';
import { describeBrokerConfig, describeTopicConfig, type DescribedConfig } from '../catalog/describe-config.ts';
import { ErrorCode } from '../errors.ts';
import { RESOURCE_BROKER, RESOURCE_TOPIC } from './operations.ts';
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
      const found = find(services, peer.endpoint, resource);
      const { resourceType, resourceName, configurationKeys } = resource;
      if (typeof found === 'number')
        return { resourceType, resourceName, errorCode: found, errorMessage: null, configs: [] };
      const configs = found.filter((one) => configurationKeys === null || configurationKeys.includes(one.name));
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
    results: request.resources.map(({ resourceType, resourceName }) => ({
      resourceType,
      resourceName,
      errorCode,
      errorMessage: null,
      configs: [],
    })),
  }),
});

const find = (
  services: Services,
  endpoint: { host: string; port: number },
  { resourceType, resourceName }: { resourceType: number; resourceName: string },
): DescribedConfig[] | number => {
  if (resourceType === RESOURCE_BROKER) return describeBrokerConfig(services.settings, endpoint);
  if (resourceType !== RESOURCE_TOPIC) return ErrorCode.INVALID_REQUEST;
  const topic = services.catalog.named(resourceName);
  return topic === undefined
    ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    : describeTopicConfig(topic.config, services.catalog.defaults);
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
