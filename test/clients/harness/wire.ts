/**
 * As much of the Kafka protocol as the harness itself speaks: one ApiVersions request, and the names of the APIs.
 * Written apart from broker/, so that a mistake there is not repeated here.
 * https://kafka.apache.org/protocol.html
 */
import { connect } from 'node:net';

export const apiNames: Readonly<Record<number, string>> = {
  0: 'Produce',
  1: 'Fetch',
  2: 'ListOffsets',
  3: 'Metadata',
  8: 'OffsetCommit',
  9: 'OffsetFetch',
  10: 'FindCoordinator',
  11: 'JoinGroup',
  12: 'Heartbeat',
  13: 'LeaveGroup',
  14: 'SyncGroup',
  15: 'DescribeGroups',
  16: 'ListGroups',
  17: 'SaslHandshake',
  18: 'ApiVersions',
  19: 'CreateTopics',
  20: 'DeleteTopics',
  21: 'DeleteRecords',
  22: 'InitProducerId',
  23: 'OffsetForLeaderEpoch',
  24: 'AddPartitionsToTxn',
  25: 'AddOffsetsToTxn',
  26: 'EndTxn',
  27: 'WriteTxnMarkers',
  28: 'TxnOffsetCommit',
  29: 'DescribeAcls',
  30: 'CreateAcls',
  31: 'DeleteAcls',
  32: 'DescribeConfigs',
  33: 'AlterConfigs',
  34: 'AlterReplicaLogDirs',
  35: 'DescribeLogDirs',
  36: 'SaslAuthenticate',
  37: 'CreatePartitions',
  38: 'CreateDelegationToken',
  39: 'RenewDelegationToken',
  40: 'ExpireDelegationToken',
  41: 'DescribeDelegationToken',
  42: 'DeleteGroups',
  43: 'ElectLeaders',
  44: 'IncrementalAlterConfigs',
  45: 'AlterPartitionReassignments',
  46: 'ListPartitionReassignments',
  47: 'OffsetDelete',
  48: 'DescribeClientQuotas',
  49: 'AlterClientQuotas',
  50: 'DescribeUserScramCredentials',
  51: 'AlterUserScramCredentials',
  55: 'DescribeQuorum',
  57: 'UpdateFeatures',
  60: 'DescribeCluster',
  61: 'DescribeProducers',
  64: 'UnregisterBroker',
  65: 'DescribeTransactions',
  66: 'ListTransactions',
  68: 'ConsumerGroupHeartbeat',
  69: 'ConsumerGroupDescribe',
  71: 'GetTelemetrySubscriptions',
  72: 'PushTelemetry',
  74: 'ListConfigResources',
  75: 'DescribeTopicPartitions',
  76: 'ShareGroupHeartbeat',
  77: 'ShareGroupDescribe',
  78: 'ShareFetch',
  79: 'ShareAcknowledge',
  80: 'AddRaftVoter',
  81: 'RemoveRaftVoter',
  83: 'InitializeShareGroupState',
  84: 'ReadShareGroupState',
  85: 'WriteShareGroupState',
  86: 'DeleteShareGroupState',
  87: 'ReadShareGroupStateSummary',
  88: 'StreamsGroupHeartbeat',
  89: 'StreamsGroupDescribe',
  90: 'DescribeShareGroupOffsets',
  91: 'AlterShareGroupOffsets',
  92: 'DeleteShareGroupOffsets',
};

export const apiName = (key: number): string => apiNames[key] ?? `API ${key}`;

export interface ApiVersion {
  readonly key: number;
  readonly min: number;
  readonly max: number;
}

const request = (): Buffer => {
  const clientId = Buffer.from('tiffin-harness');
  const frame = Buffer.alloc(14 + clientId.length);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt16BE(18, 4); // ApiVersions, version 0, correlation id 0
  frame.writeInt16BE(clientId.length, 12);
  clientId.copy(frame, 14);
  return frame;
};

const parse = (frame: Buffer): ApiVersion[] => {
  const error = frame.readInt16BE(4);
  if (error !== 0) throw new Error(`ApiVersions was answered with error ${error}`);
  return Array.from({ length: frame.readInt32BE(6) }, (_, index) => {
    const at = 10 + 6 * index;
    return { key: frame.readInt16BE(at), min: frame.readInt16BE(at + 2), max: frame.readInt16BE(at + 4) };
  });
};

/** Asks the broker which APIs it serves. Rejects when it is not there, or not Kafka. */
export const fetchApiVersions = (port: number): Promise<ApiVersion[]> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request()));
    const chunks: Buffer[] = [];
    socket.setTimeout(5000, () => socket.destroy(new Error('the broker does not answer ApiVersions')));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      if (bytes.length < 4 || bytes.length < 4 + bytes.readInt32BE(0)) return;
      socket.destroy();
      try {
        resolve(parse(bytes.subarray(4)));
      } catch (error) {
        reject(error);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the broker closed the connection')));
  });
