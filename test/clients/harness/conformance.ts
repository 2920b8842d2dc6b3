/** docs/KAFKA.md: what the embedded broker serves, and which clients were seen to use it. Written by the suites that saw it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecords, type SuiteRecord } from './suite-records.ts';
import { type SuiteName, suiteNames } from './toolchains.ts';
import { apiName, type ApiVersion } from './wire.ts';

const pagePath = join(import.meta.dirname, '..', '..', '..', 'docs', 'KAFKA.md');

const columns: Readonly<Record<SuiteName, string>> = {
  kafkajs: 'kafkajs',
  kcat: 'kcat',
  librdkafka: 'librdkafka',
  java: 'Java',
  franz: 'franz-go',
};

/** Why the broker leaves out what Apache Kafka has. */
const reasons: readonly [reason: string, keys: readonly number[]][] = [
  ['There is one broker, so there is nothing to elect, to move or to replicate.', [34, 43, 45, 46]],
  ['There is no quorum of controllers.', [55, 64, 80, 81]],
  ['The broker writes the markers of its own transactions.', [27]],
  ['It has no features that could be switched: the version of Tiffin decides.', [57]],
  ['Nobody is authorised or limited separately: who may connect may do everything.', [29, 30, 31, 48, 49]],
  ['The users of SASL come from the configuration.', [50, 51]],
  ['Delegation tokens are for fleets of workers.', [38, 39, 40, 41]],
  ['Clients keep their telemetry to themselves.', [71, 72]],
  ['Only topics and the broker have settings.', [74]],
  ['Share groups (queues) are not implemented.', [76, 77, 78, 79, 83, 84, 85, 86, 87, 90, 91, 92]],
  ['Kafka Streams uses consumer groups here.', [88, 89]],
];

const reasonFor = (key: number): string => reasons.find(([, keys]) => keys.includes(key))?.[0] ?? 'Not implemented.';

const range = (min: number, max: number): string => (min === max ? String(min) : `${min}–${max}`);

/** [0, 1, 2, 5] → 0–2, 5 */
export const ranges = (versions: readonly number[]): string => {
  const runs: [number, number][] = [];
  for (const version of versions.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && version === last[1] + 1) last[1] = version;
    else runs.push([version, version]);
  }
  return runs.map(([min, max]) => range(min, max)).join(', ');
};

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const table = (rows: readonly (readonly string[])[]): string => {
  const [head, ...body] = rows;
  return [row(head!), row(head!.map(() => '---')), ...body.map(row)].join('\n');
};

const servedTable = (
  served: readonly ApiVersion[],
  apache: readonly ApiVersion[],
  used: readonly SuiteRecord[],
): string => {
  const rows = served
    .toSorted((a, b) => a.key - b.key)
    .map(({ key, min, max }) => {
      const there = apache.find((api) => api.key === key);
      const seen = suiteNames.map((suite) => {
        const record = used.find((one) => one.suite === suite);
        return ranges(record?.used.find(([one]) => one === key)?.[1] ?? []) || '·';
      });
      return [String(key), apiName(key), range(min, max), there ? range(there.min, there.max) : '·', ...seen];
    });
  return table([['key', 'API', 'served', 'Apache Kafka', ...suiteNames.map((suite) => columns[suite])], ...rows]);
};

const missingTable = (served: readonly ApiVersion[], apache: readonly ApiVersion[]): string => {
  const missing = apache.filter((api) => !served.some(({ key }) => key === api.key));
  const byReason = Map.groupBy(missing, (api) => reasonFor(api.key));
  const rows = [...byReason].map(([reason, apis]) => [apis.map((api) => apiName(api.key)).join(', '), reason]);
  return table([['API', 'why not'], ...rows]);
};

/** The page, from the records of every suite on both targets. */
export const conformancePage = (records: readonly SuiteRecord[]): string => {
  const embedded = records.filter((record) => record.target === 'embedded');
  const apache = records.filter((record) => record.target === 'apache');
  const clients = suiteNames.map((suite) => {
    const [here, there] = [embedded, apache].map((list) => list.find((record) => record.suite === suite)!);
    return [here!.client, String(here!.tests), String(here!.skipped), String(there!.tests)];
  });
  const { served } = embedded[0]!;
  const apacheServed = apache[0]!.served;
  return `# The Kafka that Tiffin serves

<!-- Written by "npm run test:clients": do not edit. The text is in test/clients/harness/conformance.ts. -->

The embedded broker speaks Kafka's own protocol, and serves the APIs below. What it does not serve it does not advertise in ApiVersions, so a client
knows before it asks. Other people's clients are its measure: each suite in \`test/clients\` runs unchanged against it and against a real Apache Kafka
(KRaft mode), and a test that passes on one and fails on the other is a bug. A proxy in front of the broker writes down what each client really uses.

## Clients

${table([['client', 'passed on the embedded broker', 'not run there', 'passed on Apache Kafka'], ...clients])}

A test that needs an API which is not served (see below) is not run.

## APIs

In the columns of the clients: the versions that its suite was seen to use on the embedded broker; · is none.

${servedTable(served, apacheServed, embedded)}

## Not served

${missingTable(served, apacheServed)}

## What is different on purpose

- One broker: the replication factor is 1, \`acks=all\` means this broker, \`min.insync.replicas\` has no effect.
- Record batches are kept as they come: they are never recompressed or converted; a topic's \`compression.type\` is kept and shown, and changes nothing.
  Clients from before record format v2 (2017) are refused.
- A batch is checked by its header, its CRC and, if it is not compressed, the lengths of its records; what is inside the records, and compressed ones
  altogether, is looked at only on compacted topics (which need keys): where Apache Kafka would refuse such a batch because of its content, it is stored,
  and a batch with bytes after it is refused instead of being cut.
- Committed offsets and transactions are kept in journals: \`__consumer_offsets\` and \`__transaction_state\` do not exist, and cannot be created.
- Settings of topics that make no sense with one broker and no remote storage are kept and shown, and change nothing; the broker's own are given at its start
  and cannot be altered by clients. A topic has at most 1000 partitions.
- Regular expressions of clients are RE2's, as in Apache Kafka; one that compiles to more than 10,000 instructions is refused.
- Durability is Kafka's: an acknowledged batch is in the system's page cache, so it survives the death of the process; \`flush.messages=1\` on a topic also syncs each
  append to the disk.
- Loopback only, unless it is told to listen elsewhere.

## Alone, with TLS or SASL

\`tiffin broker --port 9092 --data DIR --config kafka.yaml\` runs the broker alone. The file may hold

| key | what it sets |
| --- | --- |
| \`host\`, \`port\`, \`advertisedHost\`, \`advertisedPort\` | where the main listener listens (127.0.0.1 if nothing is said), and what clients are told to connect to |
| \`tls\`: \`key\`, \`cert\`, \`clientCa\` | PEM files, from where the file is; with \`clientCa\` clients must show a certificate of it |
| \`sasl\`: \`users\` (\`name\`, \`password\`), \`mechanisms\` | PLAIN, SCRAM-SHA-256, SCRAM-SHA-512; all three if nothing is said |
| \`listeners\` | further listeners, each with its \`port\` and any of the above |
| \`autoCreateTopics\`, \`defaultPartitions\`, \`partitionsPerTopicMax\` | topics that nobody created; true, 1, 1000 |
| \`topicDefaults\` | defaults of topic configurations under Kafka's names, say \`retention.ms\`, \`cleanup.policy\`, \`flush.messages\` |
| \`requestBytesMax\`, \`fetchBytesMax\`, \`connectionsMax\`, \`idleConnectionMs\` | limits of the network |
| \`groupInitialDelayMs\`, \`groupSessionTimeoutMinMs\`, \`groupSessionTimeoutMaxMs\`, \`consumerSessionTimeoutMs\`, \`consumerHeartbeatMs\`, \`offsetsRetentionMs\`, \`transactionTimeoutMaxMs\` | times of groups and transactions |
| \`retentionCheckMs\` | how often records that are too old or too many go; every 5 minutes, as in Apache Kafka |

\`\`\`yaml
autoCreateTopics: false
topicDefaults: { retention.ms: 3600000 }
listeners:
  - port: 9093
    tls: { key: server.key, cert: server.crt }
  - port: 9094
    sasl: { users: [{ name: ann, password: secret }] }
\`\`\`
`;
};

/** Writes the page if every suite has run and passed on both targets; says what happened. */
export const writeConformancePage = (dir: string, path = pagePath): string => {
  const records = readRecords(dir);
  const lacking = (['embedded', 'apache'] as const).flatMap((target) =>
    suiteNames
      .filter((suite) => !records.some((record) => record.target === target && record.suite === suite && record.passed))
      .map((suite) => `${suite} on ${target}`),
  );
  if (lacking.length > 0) return `docs/KAFKA.md is left as it is: not run whole, or not passed: ${lacking.join(', ')}.`;
  const page = conformancePage(records);
  if (existsSync(path) && readFileSync(path, 'utf8') === page) return 'docs/KAFKA.md is up to date.';
  writeFileSync(path, page);
  return 'docs/KAFKA.md is written anew.';
};
