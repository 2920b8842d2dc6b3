/** Who coordinates a group or a transactional id: this broker. */
import { NODE_ID } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { array, int16, int32, int8, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const findCoordinator = defineApi({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexibleSince: 3,
  request: {
    key: string({ until: 3 }),
    keyType: int8({ since: 1, default: 0 }),
    coordinatorKeys: array(string(), { since: 4 }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    errorCode: int16({ until: 3 }),
    errorMessage: string({ since: 1, until: 3, nullable: 1 }),
    nodeId: int32({ until: 3 }),
    host: string({ until: 3 }),
    port: int32({ until: 3 }),
    coordinators: array(
      {
        key: string(),
        nodeId: int32(),
        host: string(),
        port: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: 4 }),
      },
      { since: 4 },
    ),
  },
  handle(request, context) {
    const here = { nodeId: NODE_ID, ...context.peer.endpoint };
    const errorCode = request.keyType > 1 ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE;
    const coordinators = request.coordinatorKeys.map((key) => ({ key, ...here, errorCode, errorMessage: null }));
    return { ...here, errorCode, errorMessage: null, coordinators };
  },
  refuse(request, errorCode) {
    const nobody = { nodeId: -1, host: '', port: -1, errorCode, errorMessage: null };
    return { ...nobody, coordinators: request.coordinatorKeys.map((key) => ({ key, ...nobody })) };
  },
});
