/** The configuration of an Apache Kafka: one node in KRaft mode, listening on this computer only. */
import { join } from 'node:path';
import type { ApacheOptions, ApachePorts } from './apache.ts';

/** A value may have lines (PEM) and backslashes (Windows). */
const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

const properties = (entries: Readonly<Record<string, string>>): string =>
  Object.entries(entries)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('');

/** Faults are logged, chatter is not. */
export const logging = properties({
  'appender.out.type': 'Console',
  'appender.out.name': 'out',
  'appender.out.layout.type': 'PatternLayout',
  'appender.out.layout.pattern': '%d{HH:mm:ss,SSS} %p %c{1} %m%n',
  'rootLogger.level': 'WARN',
  'rootLogger.appenderRef.out.ref': 'out',
});

const loginModule = 'org.apache.kafka.common.security';

const saslProperties = ({ user }: ApacheOptions): Record<string, string> =>
  user === undefined
    ? {}
    : {
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
        'listener.name.sasl.plain.sasl.jaas.config': `${loginModule}.plain.PlainLoginModule required user_${user.name}="${user.password}";`,
        'listener.name.sasl.scram-sha-256.sasl.jaas.config': `${loginModule}.scram.ScramLoginModule required;`,
        'listener.name.sasl.scram-sha-512.sasl.jaas.config': `${loginModule}.scram.ScramLoginModule required;`,
      };

const tlsProperties = ({ tls }: ApacheOptions): Record<string, string> =>
  tls === undefined
    ? {}
    : {
        'listener.name.tls.ssl.keystore.type': 'PEM',
        'listener.name.tls.ssl.keystore.key': tls.key,
        'listener.name.tls.ssl.keystore.certificate.chain': tls.cert,
      };

const listenersAt = (ports: ApachePorts): string[] =>
  Object.entries(ports).flatMap(([name, port]) => (port === 0 ? [] : [`${name.toUpperCase()}://127.0.0.1:${port}`]));

export const serverProperties = (options: ApacheOptions, ports: ApachePorts, controllerPort: number): string =>
  properties({
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: [...listenersAt(ports), `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': listenersAt({ ...ports, ...options.advertised }).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    'listener.security.protocol.map': 'PLAIN:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,CONTROLLER:PLAINTEXT',
    ...saslProperties(options),
    ...tlsProperties(options),
    'log.dirs': join(options.dataDir, 'log'),
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    ...options.settings,
  });
