/** The field's own words, in two sentences each: what it is, and why it matters here. */
export const glossary = {
  audit:
    'Compares the ledger of everything that was generated with what each hop really holds. If both agree at every hop, nothing was lost and nothing was doubled.',
  batch:
    'A micro-batch: the pipeline takes what is new, transforms it and commits it in one step. Small batches make data fresh; large ones make it cheap.',
  bronze:
    'The data exactly as it came from Kafka, with topic, partition and offset. Nothing is corrected here, so that every later step can be redone from it.',
  cdc: 'Change data capture: every insert, update and delete of a database becomes an event. A table can so be rebuilt elsewhere without ever querying the database again.',
  city: 'The simulated business whose orders, deliveries and riders feed the platform. It is seeded: the same seed gives the same events, byte for byte.',
  dropped:
    'Rows that broke a rule whose consequence is to leave them out. They are counted, so that the sum of all rows still adds up.',
  duplicate:
    'A row whose key was already there, for example because an event was sent twice. It is counted and left out, so that no order is counted double.',
  files:
    'The Parquet files that make up the newest version of the table. Many small files slow reading down, few large ones are quick.',
  freshness:
    'The time from an event being produced to its being visible in gold. p50 is the middle one of the last minute, p99 the slowest but one in a hundred.',
  gateway:
    'The HTTP door through which events come in. It answers only after Kafka has them, and drops what a sender repeats.',
  gold: 'Figures ready to be read: totals and averages per city, vehicle or time window. They are computed from silver and always agree with it.',
  kafka:
    'A log of messages that producers append to and consumers read at their own pace. It decouples them: either may stop and go on where it was.',
  lag: 'How much a reader still has ahead of it, in messages or in seconds. Zero means it has read all there is; a growing lag means it is too slow.',
  late: 'Rows that arrived after the watermark had passed their time. They are counted, and kept or left out as the table declares.',
  ledger:
    'The list of everything that the city ever generated, kept apart from the platform. It is the truth against which the audit counts.',
  offset:
    'The position of a message in its partition, counted from zero. A reader that knows its offset knows exactly what it has seen.',
  partition:
    'One of the ordered parts of a topic; messages with the same key land in the same one. Order holds within a partition, not across them.',
  pid: 'The number under which the operating system knows the process. After a restart it is a new one.',
  quarantine:
    'Where rows go that break a rule, together with the rule’s name and their Kafka position. Nothing is thrown away: they can be read, mended and sent again.',
  rss: 'Resident memory: what the process really occupies now. It includes what several processes share, so their sum overstates a little.',
  silver:
    'The data made right: typed, deduplicated, checked against rules. What breaks a rule is in the quarantine beside it.',
  snapshot:
    'The table as of one version: a fixed set of files. Readers keep theirs while writers add the next, so that neither waits for the other.',
  throughput:
    'How many messages or rows pass in one second. What goes in and what comes out must agree over time, else lag grows.',
  topic:
    'A named log in Kafka, one per kind of event here. Producers append to it; any number of readers follow it independently.',
  version:
    'Each commit makes the next version of a table, and older ones can still be read. Version 12 is the thirteenth: counting starts at zero.',
  watermark:
    'The point in event time up to which the data is taken to be complete. It lets a window close, and decides which rows count as late.',
} as const;

export type TermName = keyof typeof glossary;
