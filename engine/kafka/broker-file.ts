/** `tiffin broker --config FILE`: what the embedded Kafka can be told beside its port and folder, as YAML (or JSON). */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import type { BrokerConfig, ListenerConfig } from '../../broker/index.ts';
import { UsageError } from '../errors.ts';

const count = z.number().int().nonnegative();
const port = z.number().int().min(0).max(65_535);
const path = z.string().min(1);
const user = z.strictObject({ name: z.string().min(1), password: z.string().min(1) });

const listenerFields = {
  host: z.string().min(1),
  advertisedHost: z.string().min(1),
  advertisedPort: port,
  /** Paths of PEM files, from where this file is. */
  tls: z.strictObject({ key: path, cert: path, clientCa: path.optional() }),
  sasl: z.strictObject({
    mechanisms: z
      .array(z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']))
      .min(1)
      .optional(),
    users: z.array(user).min(1),
  }),
};
const listener = z.strictObject({ port, ...z.object(listenerFields).partial().shape });

const schema = z.strictObject({
  port: port.optional(),
  ...z.object(listenerFields).partial().shape,
  listeners: z.array(listener).optional(),
  ...z
    .object({
      autoCreateTopics: z.boolean(),
      defaultPartitions: count.min(1),
      partitionsPerTopicMax: count.min(1),
      /** Under Kafka's own names: `retention.ms`, `cleanup.policy`, … */
      topicDefaults: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)),
      requestBytesMax: count,
      fetchBytesMax: count,
      connectionsMax: count,
      idleConnectionMs: count,
      groupInitialDelayMs: count,
      groupSessionTimeoutMinMs: count,
      groupSessionTimeoutMaxMs: count,
      consumerSessionTimeoutMs: count,
      consumerHeartbeatMs: count,
      offsetsRetentionMs: count,
      retentionCheckMs: count,
      transactionTimeoutMaxMs: count,
    })
    .partial().shape,
});

/** Plain data: it travels to the broker's process. */
export type BrokerFile = Partial<Omit<BrokerConfig, 'dataDir' | 'log' | 'now' | 'maintenanceMs'>>;

type FileListener = Omit<z.infer<typeof listener>, 'port'>;

const wrong = (file: string, message: string, hint: string): UsageError =>
  new UsageError('BAD_BROKER_CONFIG', `${file}: ${message}`, hint);

/** Throws a UsageError that says what is wrong in which file, and where in it. */
export const readBrokerFile = (file: string): BrokerFile => {
  const parsed = schema.safeParse(parseYaml(file) ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue!.path.length === 0 ? '' : `${issue!.path.join('.')}: `;
    throw wrong(file, `${where}${issue!.message}`, 'docs/KAFKA.md lists what can be set.');
  }
  const { listeners = [], ...main } = parsed.data;
  return {
    ...(open(file, '', main) as BrokerFile),
    listeners: listeners.map((one, number) => open(file, `listeners.${number}`, one) as ListenerConfig),
  };
};

const parseYaml = (file: string): unknown => {
  const text = read(file, file, '');
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw wrong(file, error.message.split('\n')[0]!, 'The file must be YAML or JSON.');
  }
};

const read = (file: string, path: string, where: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw wrong(
      file,
      `${where}${path === file ? 'the file' : path} cannot be read: ${reason}`,
      'Name a file that is there.',
    );
  }
};

/** Checks what only the whole listener shows, and reads the files that it names. */
const open = <T extends FileListener>(file: string, where: string, one: T) => {
  const prefix = where === '' ? '' : `${where}.`;
  if (one.host !== undefined && anyAddress.has(one.host) && one.advertisedHost === undefined)
    throw wrong(
      file,
      `${prefix}host is ${one.host}, which clients cannot connect to.`,
      'Set advertisedHost to the address under which clients find this machine.',
    );
  if (one.tls === undefined) return one;
  const pem = (name: 'key' | 'cert' | 'clientCa'): string | undefined => {
    const path = one.tls?.[name];
    return path === undefined ? undefined : read(file, resolve(dirname(file), path), `${prefix}tls.${name}: `);
  };
  const [key, cert, clientCa] = [pem('key')!, pem('cert')!, pem('clientCa')];
  try {
    createSecureContext({ key, cert, ...(clientCa !== undefined && { ca: clientCa }) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw wrong(file, `${prefix}tls cannot be used: ${reason}`, 'key and cert must be a pair of PEM files.');
  }
  return { ...one, tls: { key, cert, ...(clientCa !== undefined && { clientCa }) } };
};

const anyAddress = new Set(['0.0.0.0', '::']);
