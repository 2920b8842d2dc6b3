/** The one request of the new group protocol (KIP-848): join, stay, give up, get, leave. */
import { ErrorCode } from '../errors.ts';
import { assignors, isAssignor } from '../groups/assignors.ts';
import { TopicPattern } from '../groups/topic-pattern.ts';
import { compilePattern } from '../pattern.ts';
import { array, int16, int32, string, struct, uuid } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const consumerGroupHeartbeat = defineApi({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexibleSince: 0,
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    instanceId: string({ nullable: 0, default: null }),
    rackId: string({ nullable: 0, default: null }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    subscribedTopicNames: array(string(), { nullable: 0, default: null }),
    subscribedTopicRegex: string({ since: 1, nullable: 1, default: null }),
    serverAssignor: string({ nullable: 0, default: null }),
    topicPartitions: array(
      {
        topicId: uuid(),
        partitions: array(int32()),
      },
      { nullable: 0, default: null },
    ),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: 0, default: null }),
    memberId: string({ nullable: 0, default: null }),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: struct(
      {
        topicPartitions: array({
          topicId: uuid(),
          partitions: array(int32()),
        }),
      },
      { nullable: 0, default: null },
    ),
  },
  async handle(request, { services, clientId, peer }) {
    const refuse = (errorCode: number, errorMessage: string | null = null) => ({
      errorCode,
      errorMessage,
      memberEpoch: 0,
      heartbeatIntervalMs: 0,
    });
    if (request.groupId === '') return refuse(ErrorCode.INVALID_REQUEST, 'GroupId can not be empty.');
    const { memberEpoch, subscribedTopicNames, subscribedTopicRegex, serverAssignor } = request;
    if (memberEpoch === 0 && subscribedTopicNames === null && subscribedTopicRegex === null)
      return refuse(ErrorCode.INVALID_REQUEST, 'Who joins must subscribe to topics, by name or by regular expression.');
    if (serverAssignor !== null && !isAssignor(serverAssignor))
      return refuse(ErrorCode.UNSUPPORTED_ASSIGNOR, `Assignors are ${Object.keys(assignors).join(', ')}`);
    const pattern = subscribedTopicRegex === null ? null : await compilePattern(subscribedTopicRegex);
    if (pattern?.kind === 'invalid') {
      const problem = `is not a valid regular expression: ${pattern.reason}.`;
      return refuse(
        ErrorCode.INVALID_REGULAR_EXPRESSION,
        `SubscribedTopicRegex \`${subscribedTopicRegex}\` ${problem}`,
      );
    }
    const group = services.groups.consumer(request.groupId, memberEpoch === 0);
    if (group === undefined)
      return refuse(memberEpoch === 0 ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.UNKNOWN_MEMBER_ID);
    const topicPattern = pattern === null ? null : new TopicPattern(pattern);
    return group.consumerHeartbeat({ ...request, subscribedTopicRegex: topicPattern, clientId, clientHost: peer.host });
  },
  refuse: (_request, errorCode) => ({ errorCode, memberEpoch: 0, heartbeatIntervalMs: 0 }),
});
