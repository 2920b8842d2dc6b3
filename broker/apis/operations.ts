/** What several APIs share: Kafka's numbers for resources and permitted operations, and small common checks. */
import { refuse } from '../catalog/catalog.ts';
import { ErrorCode } from '../errors.ts';
import { LEADER_EPOCH } from '../log/partition-log.ts';

export const RESOURCE_TOPIC = 2;
export const RESOURCE_BROKER = 4;
export const RESOURCE_BROKER_LOGGER = 8;

/** Bits by AclOperation: with no authorizer everybody may do everything that the resource knows. */
const bits = (...operations: number[]): number => operations.reduce((mask, operation) => mask | (1 << operation), 0);
export const TOPIC_OPERATIONS = bits(3, 4, 5, 6, 7, 8, 10, 11);
export const GROUP_OPERATIONS = bits(3, 6, 8, 10, 11);
export const CLUSTER_OPERATIONS = bits(5, 7, 8, 9, 10, 11, 12);
/** The client did not ask for the operations. */
export const NOT_ASKED = -2147483648;

/** What a request to change topics gets whose time was over when it came. */
export const TIMED_OUT = refuse(ErrorCode.REQUEST_TIMED_OUT, 'The request timed out.');

const METADATA_BYTES_MAX = 4096;

export const checkMetadata = (metadata: string | null): number =>
  metadata !== null && Buffer.byteLength(metadata) > METADATA_BYTES_MAX
    ? ErrorCode.OFFSET_METADATA_TOO_LARGE
    : ErrorCode.NONE;

/** What a client believes about the leader's epoch; -1: nothing. */
export const leaderEpochError = (claimed: number): number => {
  if (claimed === -1 || claimed === LEADER_EPOCH) return ErrorCode.NONE;
  return claimed < LEADER_EPOCH ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH;
};

/** Older clients know only the one error code for a producer whose place was taken. */
export const fencedCode = (errorCode: number, knowsFenced: boolean): number =>
  errorCode === ErrorCode.PRODUCER_FENCED && !knowsFenced ? ErrorCode.INVALID_PRODUCER_EPOCH : errorCode;
