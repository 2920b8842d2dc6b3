/** What the pipeline's tests run on: a real broker, a real client, a real lake, and folders that go away. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import { startBroker, type Broker } from '../broker/index.ts';
import { duckdbSql, openLake, scanSql, type JsonValue, type Snapshot, type Sql, type Table } from '../lake/index.ts';
import { startPipeline, type Pipeline, type PipelineConfig, type TableMetrics } from '../pipeline/index.ts';

export type Row = Record<string, JsonValue>;

const quiet = (): void => undefined;

const asMessage = (message: Message | object): Message =>
  'value' in message ? (message as Message) : { value: JSON.stringify(message) };

export class Stage {
  readonly dir = mkdtempSync(join(tmpdir(), 'tiffin-pipeline-'));
  readonly lakeRoot = join(this.dir, 'lake');
  broker!: Broker;
  producer!: Producer;
  private pipelines: Pipeline[] = [];

  static async open(pipelines: string): Promise<Stage> {
    const stage = new Stage();
    stage.write(pipelines);
    await stage.startBroker(0);
    stage.producer = stage.kafka().producer({ allowAutoTopicCreation: true });
    await stage.producer.connect();
    return stage;
  }

  /** Replaces the project's pipelines. */
  write(sql: string): void {
    const folder = join(this.dir, 'project', 'pipelines');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'all.sql'), sql);
  }

  async startBroker(port: number): Promise<void> {
    this.broker = await startBroker({ port, dataDir: join(this.dir, 'kafka'), log: quiet });
  }

  kafka(): Kafka {
    const brokers = [`127.0.0.1:${this.broker.port}`];
    return new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50, retries: 20 } });
  }

  config(): PipelineConfig {
    return {
      projectDir: join(this.dir, 'project'),
      lakeRoot: this.lakeRoot,
      tmpDir: join(this.dir, 'tmp'),
      kafka: { brokers: [`127.0.0.1:${this.broker.port}`] },
      triggerMs: 50,
      durable: false,
      log: quiet,
      now: Date.now,
    };
  }

  async start(more: Partial<PipelineConfig> = {}): Promise<Pipeline> {
    const pipeline = await startPipeline({ ...this.config(), ...more });
    this.pipelines.push(pipeline);
    return pipeline;
  }

  async stopPipeline(pipeline: Pipeline): Promise<void> {
    this.pipelines = this.pipelines.filter((each) => each !== pipeline);
    await pipeline.stop();
  }

  async send(topic: string, ...messages: (Message | object)[]): Promise<void> {
    await this.producer.send({ topic, messages: messages.map(asMessage) });
  }

  /** Rows of a stored table, as JSON. `{table}` in the query stands for it. */
  async rows(table: string, query = 'SELECT * FROM {table}'): Promise<Row[]> {
    return await this.read(table, async (sql, stored, snapshot) => {
      const scan = scanSql(stored, snapshot.files, snapshot.columns, snapshot.partitionBy);
      return await sql.rows(query.replaceAll('{table}', () => scan));
    });
  }

  async snapshot(table: string): Promise<Snapshot> {
    return await this.read(table, async (_sql, _stored, snapshot) => snapshot);
  }

  private async read<T>(name: string, use: (sql: Sql, table: Table, snapshot: Snapshot) => Promise<T>): Promise<T> {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    try {
      const sql = duckdbSql(connection);
      await sql.run("SET TimeZone = 'UTC'");
      const stored = openLake({ root: this.lakeRoot, sql, now: Date.now }).table(name);
      const snapshot = await stored.snapshot();
      if (snapshot === undefined) throw new Error(`${name} is not there`);
      return await use(sql, stored, snapshot);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }

  async close(): Promise<void> {
    for (const pipeline of this.pipelines) await pipeline.stop();
    await this.producer.disconnect();
    await this.broker.stop();
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The counters of a table that are not zero. */
export const counts = (pipeline: Pipeline, table: string): Partial<Record<keyof TableMetrics, number>> => {
  const metrics = pipeline.metrics().tables[table]!;
  const names = ['rowsIn', 'filtered', 'duplicates', 'quarantined', 'dropped', 'late', 'rowsOut', 'expanded'] as const;
  return Object.fromEntries(names.map((name) => [name, metrics[name]]).filter(([, count]) => count !== 0));
};

/** Asks until the answer is there. */
export const eventually = async <T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> => {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
