/** Entry point of the broker process where the workspace wants a real Apache Kafka: it runs beside this process, and ends with it. */
import { TiffinError } from '../errors.ts';
import { startApache } from '../kafka/apache.ts';
import { usageOf } from '../kafka/usage.ts';
import { portIsFree } from '../platform/ports.ts';
import { hostChild } from './host.ts';
import type { ApacheRole } from './roles.ts';

/** How long the broker of a process that was killed may take to be gone. */
const predecessorMsMax = 10_000;

hostChild<ApacheRole>(async ({ port, dataDir, jarsDir, java }) => {
  if (port !== 0) await portIsFree(port, predecessorMsMax);
  const options = { dataDir, jarsDir, ports: { plain: port }, favour: 'speed' } as const;
  const apache = await startApache({ ...options, ...(java !== null && { java }) });
  let stopping = false;
  let usage: ReturnType<typeof usageOf>;
  void apache.ended.then(() => {
    if (!stopping) throw endedByItself(apache.logPath);
    return undefined;
  });
  return {
    info: { port: apache.ports.plain, listenerPorts: [] },
    metrics: () => ({ topics: null }),
    usageBeside: () => (usage = usageOf(apache.pid) ?? usage),
    asks: {},
    stop: () => {
      stopping = true;
      return apache.stop();
    },
  };
});

const endedByItself = (logPath: string): TiffinError =>
  new TiffinError('APACHE_KAFKA_ENDED', 'Apache Kafka ended by itself.', `It is started again; ${logPath} says why.`);
