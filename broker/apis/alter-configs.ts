/** Replaces the whole configuration of topics (the older way; see IncrementalAlterConfigs). */
import { alter, wholly } from '../catalog/alter-config.ts';
import { alteredConfigs, refuseAlterations } from './altered-configs.ts';
import { array, bool, int8, string } from '../protocol/fields.ts';
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
  response: alteredConfigs,
  handle: ({ resources, validateOnly }, { services }) => ({
    responses: alter(services.catalog, resources, wholly, validateOnly),
  }),
  refuse: refuseAlterations,
});
