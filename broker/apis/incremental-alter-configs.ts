/** Sets, resets, and adds to or takes from single configuration values of topics. */
import { alter, singly } from '../catalog/alter-config.ts';
import { alteredConfigs, refuseAlterations } from './altered-configs.ts';
import { array, bool, int8, string } from '../protocol/fields.ts';
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
  response: alteredConfigs,
  handle: ({ resources, validateOnly }, { services }) => ({
    responses: alter(services.catalog, resources, singly, validateOnly),
  }),
  refuse: refuseAlterations,
});
