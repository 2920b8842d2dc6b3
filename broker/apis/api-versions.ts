/** Which APIs and versions are served. A client of the future is answered in version 0 and asks again. */
import type { Context } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { array, bool, int16, int32, int64, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const apiVersions = defineApi({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 4],
  flexibleSince: 3,
  request: {
    clientSoftwareName: string({ since: 3 }),
    clientSoftwareVersion: string({ since: 3 }),
  },
  response: {
    errorCode: int16(),
    apiKeys: array({
      apiKey: int16(),
      minVersion: int16(),
      maxVersion: int16(),
    }),
    throttleTimeMs: int32({ since: 1, default: 0 }),
    supportedFeatures: array(
      {
        name: string(),
        minVersion: int16(),
        maxVersion: int16(),
      },
      { since: 3, tag: 0 },
    ),
    finalizedFeaturesEpoch: int64({ since: 3, tag: 1, default: -1 }),
    finalizedFeatures: array(
      {
        name: string(),
        maxVersionLevel: int16(),
        minVersionLevel: int16(),
      },
      { since: 3, tag: 2 },
    ),
    zkMigrationReady: bool({ since: 3, tag: 3, default: false }),
  },
  handle: (_request, { services, version }) => ({
    errorCode: ErrorCode.NONE,
    apiKeys: served(services.apis),
    supportedFeatures: version >= 4 ? features.map((one) => ({ ...one, minVersion: 0 })) : [],
    finalizedFeaturesEpoch: 0,
    finalizedFeatures: features.map(({ name, maxVersion: level }) => ({
      name,
      maxVersionLevel: level,
      minVersionLevel: level,
    })),
  }),
  refuse: (_request, errorCode) => ({ errorCode, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] }),
});

/**
 * What both sides must know to use it: groups that the broker assigns (KIP-848), transactions whose every end bumps the
 * epoch (KIP-890). Clients that ask in a version below 4 cannot take a lowest version of 0, and are told of none, as by
 * Apache Kafka.
 */
const features = [
  { name: 'group.version', maxVersion: 1 },
  { name: 'transaction.version', maxVersion: 2 },
];

/**
 * Produce is listed from version 0 on, though served from 3, as Apache Kafka 4 does: librdkafka takes a first version
 * above 0 to mean that the broker knows no compression (KAFKA-18659).
 */
const served = (apis: Context['services']['apis']) =>
  [...apis.values()]
    .map(({ key, versions }) => ({ apiKey: key, minVersion: key === 0 ? 0 : versions[0], maxVersion: versions[1] }))
    .toSorted((a, b) => a.apiKey - b.apiKey);
