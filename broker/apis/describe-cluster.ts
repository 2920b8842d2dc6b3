/** Which brokers there are: this one. */
import { NODE_ID } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { CLUSTER_OPERATIONS, NOT_ASKED } from './operations.ts';
import { array, bool, int16, int32, int8, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const describeCluster = defineApi({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexibleSince: 0,
  request: {
    includeClusterAuthorizedOperations: bool(),
    endpointType: int8({ since: 1, default: 1 }),
    includeFencedBrokers: bool({ since: 2 }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: 0, default: null }),
    endpointType: int8({ since: 1, default: 1 }),
    clusterId: string(),
    controllerId: int32({ default: -1 }),
    brokers: array({
      brokerId: int32(),
      host: string(),
      port: int32(),
      rack: string({ nullable: 0, default: null }),
      isFenced: bool({ since: 2 }),
    }),
    clusterAuthorizedOperations: int32({ default: -2147483648 }),
  },
  handle: (request, { services, peer }) => ({
    errorCode: ErrorCode.NONE,
    endpointType: request.endpointType,
    clusterId: services.clusterId,
    controllerId: NODE_ID,
    brokers: [{ brokerId: NODE_ID, ...peer.endpoint, isFenced: false }],
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : NOT_ASKED,
  }),
  refuse: (_request, errorCode) => ({ errorCode, clusterId: '', brokers: [] }),
});
