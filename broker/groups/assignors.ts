/**
 * Who gets which partitions in a group of the new protocol, where the broker assigns (KIP-848). Pure functions.
 * `uniform` keeps what members have as far as shares stay even; `range` gives each a run of every topic's partitions.
 */
export interface AssignedMember {
  readonly memberId: string;
  /** Ids of the topics it is subscribed to. */
  readonly topics: ReadonlySet<string>;
  /** What it was meant to have so far. */
  readonly target: ReadonlySet<string>;
}

/** topic id → number of partitions */
export type TopicSizes = ReadonlyMap<string, number>;
export type Assignment = Map<string, Set<string>>;

export const partitionKey = (topicId: string, partition: number): string => `${topicId}/${partition}`;
export const parsePartition = (key: string): { topicId: string; partition: number } => {
  const cut = key.lastIndexOf('/');
  return { topicId: key.slice(0, cut), partition: Number(key.slice(cut + 1)) };
};

const nobody = (members: readonly AssignedMember[]): Assignment =>
  new Map(members.map((one) => [one.memberId, new Set()]));

export const uniform = (members: readonly AssignedMember[], topics: TopicSizes): Assignment => {
  const assignment = nobody(members);
  const wanted = [...topics].filter(([topicId]) => members.some((one) => one.topics.has(topicId)));
  const total = wanted.reduce((sum, [, size]) => sum + size, 0);
  const shareMax = Math.ceil(total / Math.max(1, members.length));
  const owners = new Map(members.flatMap((one) => [...one.target].map((key) => [key, one] as const)));
  const load = (one: AssignedMember): number => assignment.get(one.memberId)!.size;
  const free: [topicId: string, key: string][] = [];
  for (const [topicId, size] of wanted) {
    for (let partition = 0; partition < size; partition++) {
      const key = partitionKey(topicId, partition);
      const owner = owners.get(key);
      const keeps = owner !== undefined && owner.topics.has(topicId) && load(owner) < shareMax;
      if (keeps) assignment.get(owner.memberId)!.add(key);
      else free.push([topicId, key]);
    }
  }
  for (const [topicId, key] of free) {
    const able = members.filter((one) => one.topics.has(topicId));
    const least = able.reduce((best, one) => (load(one) < load(best) ? one : best), able[0]!);
    assignment.get(least.memberId)!.add(key);
  }
  level(members, assignment);
  return assignment;
};

/** Moves single partitions from who has most to who has least, as long as that makes it more even. */
const level = (members: readonly AssignedMember[], assignment: Assignment): void => {
  const byLoad = (): AssignedMember[] =>
    members.toSorted((a, b) => assignment.get(b.memberId)!.size - assignment.get(a.memberId)!.size);
  for (;;) {
    const sorted = byLoad();
    const move = sorted.flatMap((rich) =>
      sorted.flatMap((poor) => {
        const [from, to] = [assignment.get(rich.memberId)!, assignment.get(poor.memberId)!];
        if (from.size <= to.size + 1) return [];
        const key = [...from].find((one) => poor.topics.has(parsePartition(one).topicId));
        return key === undefined ? [] : [{ key, from, to }];
      }),
    )[0];
    if (move === undefined) return;
    move.from.delete(move.key);
    move.to.add(move.key);
  }
};

export const range = (members: readonly AssignedMember[], topics: TopicSizes): Assignment => {
  const assignment = nobody(members);
  for (const [topicId, size] of topics) {
    const able = members
      .filter((one) => one.topics.has(topicId))
      .toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1));
    able.forEach((member, at) => {
      const [from, to] = [Math.ceil((at * size) / able.length), Math.ceil(((at + 1) * size) / able.length)];
      for (let partition = from; partition < to; partition++) {
        assignment.get(member.memberId)!.add(partitionKey(topicId, partition));
      }
    });
  }
  return assignment;
};

export const assignors = { uniform, range } as const;
export type AssignorName = keyof typeof assignors;
export const isAssignor = (name: string): name is AssignorName => Object.hasOwn(assignors, name);
