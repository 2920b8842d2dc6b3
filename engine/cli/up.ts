/** `tiffin up`: the platform and its page, until it is told to stop. */
import { startServer } from '../api/server.ts';
import type { Feed } from '../children/roles.ts';
import { problemOf, sentenceOf } from '../errors.ts';
import { chooseCity, citySource } from './city.ts';
import { openPage } from './open.ts';
import { exitCodes, narrate, print, printJson } from './output.ts';
import { pageDir, projectDir } from './project.ts';
import { type Session, withPlatform } from './session.ts';

export interface UpOptions {
  readonly workspace: string;
  readonly port?: number;
  readonly headless?: boolean;
  readonly open: boolean;
  readonly dev?: boolean;
  readonly rate?: number | 'max';
  readonly seed?: number;
  readonly scenario?: string;
  readonly json?: boolean;
}

export const up = (options: UpOptions): Promise<number> =>
  withPlatform(
    { workspace: options.workspace, ...(options.seed !== undefined && { seed: options.seed }), wellKnownPorts: true },
    (session) => serve(session, options),
  );

const serve = async (session: Session, options: UpOptions): Promise<number> => {
  const { platform, workspace, lock } = session;
  const dev = options.dev === true ? await (await import('./dev.ts')).startDevServer() : undefined;
  const server = await startServer({
    platform,
    pageDir,
    ...(options.port !== undefined && { port: options.port }),
    ...(dev && { otherOrigins: dev.origins }),
  });
  const url = dev ? await dev.serve(server.port, server.token) : server.url;
  lock.announce(url);
  tellWhere(url, session, options);
  void feed(session, options);
  const closed = Promise.withResolvers<void>();
  const opened =
    options.headless === true || !options.open
      ? undefined
      : await openPage({
          url,
          projectDir,
          workspaceDir: workspace.paths.root,
          tell: narrate,
          onClosed: closed.resolve,
        });
  if (opened?.how === 'nothing') narrate('Open that address in a browser.');
  await Promise.race([session.stopRequested, closed.promise]);
  opened?.close();
  await server.stop();
  await dev?.stop();
  return exitCodes.done;
};

const tellWhere = (url: string, { workspace }: Session, { json }: UpOptions): void => {
  if (json === true) printJson({ ready: true, url, workspace: workspace.paths.root });
  else print(`Tiffin is at ${url}`);
  narrate(`  workspace ${workspace.paths.root}\n  Ctrl-C stops it`);
};

const defaultRate = 1_000;
const rateOf = (rate: number | 'max' = defaultRate): number | null => (rate === 'max' ? null : rate);

/** The city begins as soon as the gateway is there. What fails is on the page, and told here. */
const feed = async ({ platform, workspace }: Session, options: UpOptions): Promise<void> => {
  try {
    const gateway = await platform.gatewayReady;
    narrate(`  Kafka     ${platform.brokers.join(', ')}\n  gateway   ${gateway}`);
    const city = await chooseCity(platform, workspace, options);
    const ratePerSecond =
      city.ratePerSecond === undefined || options.rate !== undefined ? rateOf(options.rate) : city.ratePerSecond;
    const wanted: Feed = { kind: 'world', source: citySource, world: city.world, ratePerSecond, untilEvents: null };
    await platform.begin(wanted);
  } catch (error) {
    const problem = problemOf(error);
    if (problem.code !== 'STOPPED') narrate(sentenceOf(problem));
  }
};
