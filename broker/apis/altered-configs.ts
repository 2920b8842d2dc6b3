/** What AlterConfigs and IncrementalAlterConfigs answer with: an outcome for each resource. */
import { array, int16, int32, int8, string } from '../protocol/fields.ts';

export const alteredConfigs = {
  throttleTimeMs: int32({ default: 0 }),
  responses: array({
    errorCode: int16(),
    errorMessage: string({ nullable: 0 }),
    resourceType: int8(),
    resourceName: string(),
  }),
} as const;

interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

export const refuseAlterations = ({ resources }: { readonly resources: readonly Resource[] }, errorCode: number) => ({
  responses: resources.map(({ resourceType, resourceName }) => ({
    resourceType,
    resourceName,
    errorCode,
    errorMessage: null,
  })),
});
