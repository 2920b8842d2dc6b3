/**
 * Before the ledger is believed: a source whose process was killed may have more events in Kafka than it wrote down. Each source
 * can compute its books again from where Kafka says it stands, since what it generates is a pure function of its seed or file.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Feed } from '../children/roles.ts';
import { problemOf, TiffinError } from '../errors.ts';
import type { Platform } from '../platform/index.ts';
import { chooseWorld } from '../workspace/index.ts';

const again = { retry: true } as const;

/** How long a gateway that is starting, or whose Kafka is, is asked again. */
const patienceMs = 60_000;
const askAgainMs = 500;

/** How many events of a source Kafka holds, as the gateway knows. */
export const nextSequence = async (platform: Platform, source: string): Promise<number> => {
  const giveUpAtMs = performance.now() + patienceMs;
  for (;;) {
    const response = await askGateway(platform, source);
    if (response.ok) return ((await response.json()) as { nextSequence: number }).nextSequence;
    if (response.status !== unavailable || performance.now() > giveUpAtMs)
      throw new TiffinError(
        'GATEWAY_REFUSED',
        `The gateway does not tell where the source ${source} stands (status ${response.status}).`,
        'Try again when Kafka is back.',
      );
    await sleep(askAgainMs);
  }
};

const unavailable = 503;

/** A gateway that cannot be reached is one that starts again. */
const askGateway = async (platform: Platform, source: string): Promise<Response> => {
  const url = `${await platform.gatewayReady}/v1/sources/${encodeURIComponent(source)}`;
  return fetch(url).catch(() => new Response(null, { status: unavailable }));
};

/** Brings the books of all sources that do not feed now up to what Kafka holds. Returns what could not be, as sentences. */
export const settleLedger = async (platform: Platform): Promise<string[]> => {
  const { simulator } = platform.processes;
  const { sources } = await simulator.ask('ledger', {}, again);
  const notes: string[] = [];
  for (const { source, kind, detail, acknowledged } of sources) {
    if (source === platform.feed?.source) continue;
    const inKafka = await nextSequence(platform, source);
    // A city's database may be ahead of Kafka as well: then the events that it tells of are sent now.
    if (inKafka === acknowledged && kind === 'replay') continue;
    try {
      await simulator.ask(
        'settle',
        { gatewayUrl: await platform.gatewayReady, feed: feedUpTo(platform, source, kind, detail, inKafka) },
        again,
      );
    } catch (error) {
      notes.push(`The books of ${source} end at ${acknowledged} of ${inKafka} events: ${problemOf(error).message}`);
    }
  }
  return notes;
};

const feedUpTo = (
  platform: Platform,
  source: string,
  kind: 'simulator' | 'replay',
  file: string,
  events: number,
): Feed =>
  kind === 'replay'
    ? { kind: 'replay', source, file, ratePerSecond: null, eventsMax: events }
    : { kind: 'world', source, world: chooseWorld(platform.workspace, {}), ratePerSecond: null, untilEvents: events };
