/** Replaces the whole configuration of topics (the older way; see IncrementalAlterConfigs). */
import { replaceConfig } from '../catalog/alter-config.ts';
import { array, bool, int16, int32, int8, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const alterConfigs = defineApi({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexibleSince: 2,
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: string({ nullable: 0 }),
      }),
    }),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    responses: array({
      errorCode: int16(),
      errorMessage: string({ nullable: 0 }),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
  handle: (request, { services }) => ({
    responses: request.resources.map(({ resourceType, resourceName, configs }) => ({
      resourceType,
      resourceName,
      ...replaceConfig(services.catalog, { resourceType, resourceName }, () => configs, request.validateOnly),
    })),
  }),
  refuse: (request, errorCode) => ({
    responses: request.resources.map(({ resourceType, resourceName }) => ({
      resourceType,
      resourceName,
      errorCode,
      errorMessage: null,
    })),
  }),
});
