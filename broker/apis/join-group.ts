/** A member joins its consumer group and waits until the group has gathered. */
import { ErrorCode } from '../errors.ts';
import { joinError } from '../groups/member.ts';
import { array, bool, bytes, int16, int32, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const joinGroup = defineApi({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleSince: 6,
  request: {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32({ since: 1, default: -1 }),
    memberId: string(),
    groupInstanceId: string({ since: 5, nullable: 5, default: null }),
    protocolType: string(),
    protocols: array({
      name: string(),
      metadata: bytes(),
    }),
    reason: string({ since: 8, nullable: 8, default: null }),
  },
  response: {
    throttleTimeMs: int32({ since: 2, default: 0 }),
    errorCode: int16(),
    generationId: int32({ default: -1 }),
    protocolType: string({ since: 7, nullable: 7, default: null }),
    protocolName: string({ nullable: 7 }),
    leader: string(),
    skipAssignment: bool({ since: 9, default: false }),
    memberId: string(),
    members: array({
      memberId: string(),
      groupInstanceId: string({ since: 5, nullable: 5, default: null }),
      metadata: bytes(),
    }),
  },
  handle(request, { services, clientId, peer, version }) {
    const { groups } = services;
    const refuse = (errorCode: number) => joinError(errorCode, request.memberId);
    if (request.groupId === '') return refuse(ErrorCode.INVALID_GROUP_ID);
    const { sessionTimeoutMinMs, sessionTimeoutMaxMs } = groups.settings;
    if (request.sessionTimeoutMs < sessionTimeoutMinMs || request.sessionTimeoutMs > sessionTimeoutMaxMs)
      return refuse(ErrorCode.INVALID_SESSION_TIMEOUT);
    return groups.join(request.groupId, {
      memberId: request.memberId,
      instanceId: request.groupInstanceId,
      clientId,
      clientHost: peer.host,
      sessionTimeoutMs: request.sessionTimeoutMs,
      rebalanceTimeoutMs: version === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
      protocolType: request.protocolType,
      protocols: request.protocols,
      takesIdFirst: version >= 4,
      skipsAssignment: version >= 9,
    });
  },
  refuse: (request, errorCode) => joinError(errorCode, request.memberId),
});
