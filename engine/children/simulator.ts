/** Entry point of the simulator process: the city, or a file that is replayed. */
import {
  checkCsv,
  type LedgerReport,
  loadScenario,
  readLedger,
  type Replay,
  replayFile,
  type Simulator,
  startSimulator,
} from '../../simulator/index.ts';
import type { WorldState } from '../contract/index.ts';
import { TiffinError } from '../errors.ts';
import { type ChildContext, hostChild } from './host.ts';
import type { Feed, SimulatorRole } from './roles.ts';

type Config = SimulatorRole['config'];
type Feeding = Simulator | Replay;

const beginFeed = (
  config: Config,
  feed: Feed,
  gatewayUrl: string,
  log: ChildContext<SimulatorRole>['log'],
): Promise<Feeding> => {
  const { source, ratePerSecond } = feed;
  const common = { gatewayUrl, ledgerPath: config.ledgerPath, source, ratePerSecond, log, now: Date.now };
  if (feed.kind === 'replay') {
    const { file: path, eventsMax } = feed;
    return replayFile({ ...common, path, ...(eventsMax !== null && { maxEvents: eventsMax }) });
  }
  const { world, untilEvents } = feed;
  return startSimulator({
    ...common,
    ...world,
    oltpPath: config.oltpPath,
    ...(untilEvents !== null && { maxEvents: untilEvents }),
  });
};

/** What is fed in this process, once something is. */
class Feeder {
  readonly #config: Config;
  readonly #log: ChildContext<SimulatorRole>['log'];
  #beginning: Promise<Feeding> | undefined;
  #feed: Feed | undefined;
  #feeding: Feeding | undefined;

  constructor(config: Config, log: ChildContext<SimulatorRole>['log']) {
    this.#config = config;
    this.#log = log;
  }

  /** The second and later times change nothing: the question may be asked again after a restart. */
  async begin(feed: Feed, gatewayUrl: string): Promise<void> {
    this.#feed ??= feed;
    this.#beginning ??= beginFeed(this.#config, feed, gatewayUrl, this.#log);
    this.#feeding = await this.#beginning;
  }

  get(): Feeding {
    if (this.#feeding) return this.#feeding;
    throw new TiffinError('NOT_FEEDING', 'The simulator feeds nothing yet.', 'Wait until the platform is ready.');
  }

  state(): WorldState | null {
    return this.#feeding ? worldOf(this.#feeding, this.#feed!) : null;
  }

  /** The ledger on disk may be a second behind for what is fed now: that part is taken from memory. */
  ledger(): LedgerReport {
    const saved = readLedger(this.#config.ledgerPath);
    if (!this.#feeding || !this.#feed) return saved;
    const live = this.#feeding.metrics().topics;
    const before = saved.sources.find(({ source }) => source === this.#feed!.source)?.topics ?? {};
    const topics = { ...saved.topics };
    for (const [topic, counts] of Object.entries(live)) {
      const [all, old] = [topics[topic] ?? nothing, before[topic] ?? nothing];
      topics[topic] = {
        generated: all.generated - old.generated + counts.generated,
        acknowledged: all.acknowledged - old.acknowledged + counts.acknowledged,
      };
    }
    return { ...saved, topics };
  }

  async stop(): Promise<void> {
    const feeding = await this.#beginning;
    await feeding?.stop();
  }
}

const nothing = { generated: 0, acknowledged: 0 };
const phases = {
  running: 'running',
  paused: 'paused',
  finished: 'stopped',
  stopped: 'stopped',
  failed: 'stopped',
} as const;

const worldOf = (feeding: Feeding, feed: Feed): WorldState => {
  const state = feeding.state();
  return {
    phase: phases[state.phase],
    ratePerSecond: state.ratePerSecond,
    generated: state.generated,
    acknowledged: state.acknowledged,
    virtualTimeMs: (state as { readonly virtualTimeMs?: number | null }).virtualTimeMs ?? null,
    seed: feed.kind === 'world' ? feed.world.seed : 0,
    ...(state.problem && { problem: state.problem }),
  };
};

hostChild<SimulatorRole>(async (config, { log }) => {
  const feeder = new Feeder(config, log);
  if (config.feed && config.gatewayUrl !== null) await feeder.begin(config.feed, config.gatewayUrl);
  const change = (how: (feeding: Feeding) => void): WorldState => {
    how(feeder.get());
    return feeder.state()!;
  };
  return {
    info: {},
    metrics: () => ({ world: feeder.state() }),
    asks: {
      begin: async ({ feed, gatewayUrl }) => {
        await feeder.begin(feed, gatewayUrl);
        return null;
      },
      start: () => change((feeding) => feeding.resume()),
      pause: () => change((feeding) => feeding.pause()),
      setRate: ({ ratePerSecond }) => change((feeding) => feeding.setRate(ratePerSecond)),
      done: async () => {
        await feeder.get().done;
        return { generated: feeder.get().state().generated };
      },
      check: async ({ file }) => {
        const { rows, columns } = await checkCsv(file);
        return { rows, columns };
      },
      settle: async ({ feed, gatewayUrl }) => {
        const feeding = await beginFeed(config, feed, gatewayUrl, log);
        await feeding.done;
        return null;
      },
      scenario: ({ dir, name }) => loadScenario(dir, name),
      ledger: () => feeder.ledger(),
    },
    stop: () => feeder.stop(),
  };
});
