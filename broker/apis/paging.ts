/** Cuts a list of topics with their partitions into pages of a number of partitions. */
export interface Cursor {
  readonly topicName: string;
  readonly partitionIndex: number;
}

export interface Page {
  readonly topicName: string;
  readonly from: number;
  readonly to: number;
}

/** `next`: where the page after these begins; null if there is none. Names must be sorted. */
export const page = (
  names: readonly string[],
  partitionsOf: (name: string) => number,
  cursor: Cursor | null,
  limit: number,
): { pages: Page[]; next: Cursor | null } => {
  const pages: Page[] = [];
  let left = limit;
  for (const topicName of names) {
    if (cursor !== null && topicName < cursor.topicName) continue;
    const from = cursor?.topicName === topicName ? cursor.partitionIndex : 0;
    if (left === 0) return { pages, next: { topicName, partitionIndex: from } };
    const count = partitionsOf(topicName);
    const to = Math.min(count, from + left);
    pages.push({ topicName, from, to });
    left -= to - from;
    if (to < count) return { pages, next: { topicName, partitionIndex: to } };
  }
  return { pages, next: null };
};
