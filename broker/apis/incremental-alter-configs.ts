/** Sets, resets, and adds to or takes from single configuration values of topics. */
import { alterations, replaceConfig } from '../catalog/alter-config.ts';
import { array, bool, int16, int32, int8, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const incrementalAlterConfigs = defineApi({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexibleSince: 1,
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        configOperation: int8(),
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
      ...replaceConfig(services.catalog, { resourceType, resourceName }, alterations(configs), request.validateOnly),
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
