/**
 * A broker under test, of either kind, set up the same way: a plain listener, one with SASL and one with TLS, each behind a recorder
 * whose address is the advertised one; so it can be killed and started again without its clients noticing another address.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApache } from '../../../engine/index.ts';
import { startEmbedded } from './embedded.ts';
import { type Recorder, startRecorder, type Usage } from './recorder.ts';
import type { Target } from './suite-records.ts';
import type { Toolchains } from './toolchains.ts';

export const listenerNames = ['plain', 'sasl', 'tls'] as const;
export type ListenerName = (typeof listenerNames)[number];
export type Ports = Readonly<Record<ListenerName, number>>;

/** Who may log in at the SASL listener. */
export const user = { name: 'rider', password: 'tiffin-42' } as const;

/** What both kinds are started with. Without `tls` or `user` there is no such listener, and its port is 0. */
export interface BrokerOptions {
  readonly dataDir: string;
  readonly advertised?: Ports;
  readonly tls?: Toolchains['tls'];
  readonly user?: { readonly name: string; readonly password: string };
}

/** A running process of either kind. */
export interface RunningBroker {
  readonly ports: Ports;
  readonly pid: number;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface TargetBroker {
  readonly bootstrap: Readonly<Record<ListenerName, string>>;
  readonly port: number;
  readonly usage: Usage;
  /** kill -9, and a new process on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const startTarget = async (target: Target, toolchains: Toolchains): Promise<TargetBroker> => {
  const dir = mkdtempSync(join(tmpdir(), `tiffin-${target}-`));
  const usage: Usage = new Map();
  const recorders = {} as Record<ListenerName, Recorder>;
  for (const name of listenerNames) recorders[name] = await startRecorder(usage, name !== 'tls');
  const advertised = portsOf((name) => recorders[name].port);
  const options = { dataDir: dir, advertised, user, tls: toolchains.tls } satisfies BrokerOptions;
  const start = async (): Promise<RunningBroker> => {
    const running =
      target === 'apache'
        ? await startApache({ ...options, jarsDir: toolchains.jarsDir, formattedDir: toolchains.jarsDir })
        : await startEmbedded(options);
    for (const name of listenerNames) recorders[name].aim(running.ports[name]);
    return running;
  };
  let running = await start();
  return {
    bootstrap: {
      plain: `127.0.0.1:${advertised.plain}`,
      sasl: `127.0.0.1:${advertised.sasl}`,
      tls: `127.0.0.1:${advertised.tls}`,
    },
    port: running.ports.plain,
    usage,
    restart: async () => {
      await running.kill();
      running = await start();
    },
    stop: async () => {
      for (const name of listenerNames) await recorders[name].close();
      await running.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

const portsOf = (port: (name: ListenerName) => number): Ports => ({
  plain: port('plain'),
  sasl: port('sasl'),
  tls: port('tls'),
});
