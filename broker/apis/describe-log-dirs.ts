/** How large partitions are on disk. */
import { ErrorCode } from '../errors.ts';
import type { Topic } from '../catalog/catalog.ts';
import { array, bool, int16, int32, int64, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const describeLogDirs = defineApi({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 4],
  flexibleSince: 2,
  request: {
    topics: array(
      {
        topic: string(),
        partitions: array(int32()),
      },
      { nullable: 0 },
    ),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16({ since: 3 }),
    results: array({
      errorCode: int16(),
      logDir: string(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: bool(),
        }),
      }),
      totalBytes: int64({ since: 4, default: -1 }),
      usableBytes: int64({ since: 4, default: -1 }),
    }),
  },
  handle(request, { services }) {
    const { catalog } = services;
    const all = [...catalog.all()].map((topic) => ({ topic, wanted: topic.logs.map((_, index) => index) }));
    const asked = request.topics?.flatMap(({ topic: name, partitions }) => {
      const topic = catalog.named(name);
      return topic === undefined ? [] : [{ topic, wanted: partitions.filter((one) => topic.logs[one] !== undefined) }];
    });
    const topics = (asked ?? all).map(({ topic, wanted }) => sizes(topic, wanted));
    const logDir = services.settings.dataDir;
    const results = [{ errorCode: ErrorCode.NONE, logDir, topics, ...services.files.space(logDir) }];
    return { errorCode: ErrorCode.NONE, results };
  },
  refuse: (_request, errorCode) => ({ errorCode, results: [] }),
});

const sizes = (topic: Topic, wanted: readonly number[]) => ({
  name: topic.name,
  partitions: wanted.map((partitionIndex) => ({
    partitionIndex,
    partitionSize: topic.logs[partitionIndex]!.sizeBytes,
    offsetLag: 0,
    isFutureKey: false,
  })),
});
