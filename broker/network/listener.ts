/** A listening port: takes connections, with TLS and SASL if so configured, and closes them all at the end. */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { ListenerConfig } from '../config.ts';
import type { Endpoint, Services } from '../context.ts';
import { BrokerError, messageOf, systemCode } from '../errors.ts';
import { Authentication, Users } from './authentication.ts';
import { Connection } from './connection.ts';
import type { Faults } from './faults.ts';

export class Listener {
  private readonly config: ListenerConfig;
  private readonly services: Services;
  private readonly faults: Faults;
  private readonly users: Users | undefined;
  private readonly server: Server;
  private readonly connections = new Set<Connection>();
  port = 0;
  requests = 0;

  constructor(config: ListenerConfig, services: Services, faults: Faults) {
    this.config = config;
    this.services = services;
    this.faults = faults;
    this.users = config.sasl === undefined ? undefined : new Users(config.sasl);
    this.server = config.tls === undefined ? this.plain() : this.secure(config.tls);
    this.server.maxConnections = services.settings.connectionsMax;
  }

  private plain(): Server {
    return createServer({ noDelay: true }, (socket) => this.accept(socket));
  }

  private secure(tls: NonNullable<ListenerConfig['tls']>): Server {
    const ca = tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true };
    const server = createTlsServer({ key: tls.key, cert: tls.cert, ...ca }, (socket) => this.accept(socket));
    server.on('tlsClientError', (error) => {
      this.services.log('warn', `A client did not complete its TLS handshake: ${error.message}`);
    });
    return server;
  }

  get connectionCount(): number {
    return this.connections.size;
  }

  private get host(): string {
    return this.config.host ?? '127.0.0.1';
  }
  private get endpoint(): Endpoint {
    return { host: this.config.advertisedHost ?? this.host, port: this.config.advertisedPort ?? this.port };
  }

  private accept(socket: Socket): void {
    const connection = new Connection(socket, {
      services: this.services,
      faults: this.faults,
      endpoint: this.endpoint,
      authentication: this.users === undefined ? undefined : new Authentication(this.users),
      onRequest: () => void this.requests++,
    });
    this.connections.add(connection);
    socket.on('close', () => this.connections.delete(connection));
  }

  listen(): Promise<void> {
    const { host } = this;
    const { port } = this.config;
    return new Promise((resolve, reject) => {
      this.server.once('error', (error) => reject(listenError(error, host, port)));
      this.server.listen({ host, port }, () => {
        const address = this.server.address();
        if (address !== null && typeof address === 'object') this.port = address.port;
        this.server.removeAllListeners('error');
        this.server.on('error', (error) => this.services.log('warn', `Port ${this.port}: ${error.message}`));
        resolve();
      });
    });
  }

  /** Takes no more connections, and ends those there are. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      for (const connection of this.connections) connection.close();
    });
  }
}

const listenError = (error: unknown, host: string, port: number): BrokerError =>
  systemCode(error) === 'EADDRINUSE'
    ? new BrokerError(
        'PORT_IN_USE',
        `Port ${port} on ${host} is in use by another program`,
        'Choose another port, or stop that program.',
        error,
      )
    : new BrokerError(
        'CANNOT_LISTEN',
        `The broker cannot listen on ${host}:${port}: ${messageOf(error)}`,
        'Choose an address of this machine and a free port.',
        error,
      );
