export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly port?: number;
  readonly advertisedPort?: number;
  readonly execArgv?: readonly string[];
}
