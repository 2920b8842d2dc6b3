/**
 * Starting and stopping in the order that the processes need each other, and otherwise at once: all are forked together, so that
 * their modules load while the broker opens its log. A restart of any of them keeps its port.
 */
import { join, resolve } from 'node:path';
import type { Role } from '../children/protocol.ts';
import type { ApacheRole, BrokerRole } from '../children/roles.ts';
import type { SupervisedChild } from '../supervisor/index.ts';
import type { Platform, PlatformOptions } from './index.ts';
import type { Workspace } from '../workspace/index.ts';
import type { ChildName } from './processes.ts';
import { preferredPort } from './ports.ts';

const host = '127.0.0.1';
const wellKnown = { broker: 9092, gateway: 4480 } as const;
const triggerMs = 1_000;
/** DuckDB's, in the pipeline's process and in the query process each. */
const memoryLimitMb = 300;

/**
 * Resolves when all are ready; rejects with the first that told why it cannot start. That one is tried again all the same, and
 * those that need it start as soon as it is well.
 */
export const startProcesses = (platform: Platform, options: PlatformOptions): Promise<void> => {
  const { processes, children } = platform;
  for (const name of children) processes[name].launch();
  const failed = Promise.withResolvers<never>();
  const starter = new Starter(platform, options, failed.reject);
  return Promise.race([starter.startAll(), failed.promise]);
};

class Starter {
  readonly #platform: Platform;
  readonly #options: PlatformOptions;
  readonly #onFailed: (error: unknown) => void;

  constructor(platform: Platform, options: PlatformOptions, onFailed: (error: unknown) => void) {
    this.#platform = platform;
    this.#options = options;
    this.#onFailed = onFailed;
  }

  async startAll(): Promise<void> {
    const { children } = this.#platform;
    const whenWanted = (name: ChildName, start: () => Promise<unknown>): Promise<unknown> =>
      children.includes(name) ? start() : Promise.resolve();
    const broker = whenWanted('broker', () => this.#broker());
    await Promise.all([
      whenWanted('query', () => this.#query()),
      whenWanted('simulator', () => this.#simulator()),
      broker.then(() => whenWanted('ingest', () => this.#ingest())),
      broker.then(() => whenWanted('pipeline', () => this.#pipeline())),
    ]);
  }

  /** Starts a process, and waits until it is ready, be it at the first attempt or a later one. */
  #start<R extends Role>(child: SupervisedChild<R>, config: () => R['config']): Promise<R['info']> {
    child.start(config).catch(this.#onFailed);
    return child.eventually;
  }

  async #broker(): Promise<void> {
    const { processes, workspace } = this.#platform;
    let port = this.#options.wellKnownPorts ? await preferredPort(wellKnown.broker) : 0;
    const config = brokerConfig(workspace);
    const info = await this.#start(processes.broker, () => ({ ...config, port }));
    port = info.port;
    this.#platform.brokers = [`${host}:${port}`];
  }

  async #ingest(): Promise<void> {
    const { processes, workspace, brokers } = this.#platform;
    let port = this.#options.wellKnownPorts ? await preferredPort(wellKnown.gateway) : 0;
    const { oltp: oltpPath, ingest: statePath } = workspace.paths;
    const info = await this.#start(processes.ingest, () => ({ brokers, port, oltpPath, statePath }));
    port = info.port;
    this.#platform.setGateway(info.url);
  }

  #pipeline(): Promise<unknown> {
    const { processes, workspace, brokers } = this.#platform;
    const { root: projectDir, lake: lakeRoot, tmp } = workspace.paths;
    const tmpDir = join(tmp, 'pipeline');
    return this.#start(processes.pipeline, () => ({ projectDir, lakeRoot, tmpDir, brokers, triggerMs, memoryLimitMb }));
  }

  #simulator(): Promise<unknown> {
    const { processes, workspace } = this.#platform;
    const { oltp: oltpPath, ledger: ledgerPath } = workspace.paths;
    return this.#start(processes.simulator, () => {
      const { gatewayUrl, feed } = this.#platform;
      return { oltpPath, ledgerPath, gatewayUrl, feed };
    });
  }

  #query(): Promise<unknown> {
    const { processes, workspace } = this.#platform;
    const { lake: lakeDir, exports: exportsDir, tmp } = workspace.paths;
    const config = { lakeDir, exportsDir, tmpDir: join(tmp, 'query'), memoryLimitMb, threads: 2, connections: 4 };
    return this.#start(processes.query, () => config);
  }
}

type BrokerConfig = (BrokerRole | ApacheRole)['config'];

const brokerConfig = ({ settings: { kafka }, paths }: Workspace): BrokerConfig =>
  kafka.mode === 'apache'
    ? {
        port: 0,
        dataDir: paths.kafkaApache,
        jarsDir: kafka.jars === undefined ? paths.apacheJars : resolve(paths.root, kafka.jars),
        java: kafka.java ?? null,
      }
    : { host, port: 0, dataDir: paths.kafka };

/** Against the stream's direction: first who writes, then who reads, at last the broker. */
export const stopProcesses = async ({ processes }: Platform): Promise<void> => {
  await Promise.all([processes.simulator.stop(), processes.query.stop()]);
  await processes.ingest.stop();
  await processes.pipeline.stop();
  await processes.broker.stop();
};
