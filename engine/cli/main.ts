/** The command `tiffin`: what scripts and tests rely on. Exit 0 = done and true; 1 = it ran and the answer is no; 2 = wrong use. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { useCompileCache } from '../compile-cache.ts';
import { silenceKafkajsWarning } from '../quiet.ts';
import { exitCodes, narrate, tellFailure } from './output.ts';
import { version } from './project.ts';

useCompileCache();
silenceKafkajsWarning();

const integer =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    return value;
  };
const rate = (text: string): number | 'max' => (text === 'max' ? 'max' : integer(1, 200_000)(text));

const workspaceOption = (): Option =>
  new Option('--workspace <dir>', 'the folder that holds everything').env('TIFFIN_WORKSPACE').default('.tiffin');
const jsonOption = (): Option => new Option('--json', 'print the result as JSON');
const portOption = (what: string): Option => new Option('--port <n>', what).argParser(integer(0, 65_535));

/** Each command's code is loaded when it is called: `tiffin --help` needs none of it. */
const run =
  <A extends unknown[]>(action: () => Promise<(...args: A) => Promise<number>>) =>
  async (...args: A): Promise<void> => {
    const options = args.at(-2) as { json?: boolean } | undefined;
    try {
      process.exitCode = await (await action())(...args);
    } catch (error) {
      process.exitCode = tellFailure(error, options?.json === true);
    }
  };

const program = new Command('tiffin')
  .description('A whole food-delivery data platform in one lunchbox.')
  .version(version)
  .showHelpAfterError('(add --help for what there is)')
  .exitOverride();

program
  .command('up')
  .description('start the platform and say where it is')
  .addOption(workspaceOption())
  .addOption(portOption('port of the page (default: 4466, or the next that is free)'))
  .option('--headless', 'no window and no browser; for servers and other programs')
  .option('--no-open', 'do not open the page')
  .option('--dev', 'serve the page from its sources, with hot reload')
  .addOption(new Option('--rate <n>', "the city's events a second, or max (default: 1000)").argParser(rate))
  .addOption(
    new Option('--seed <n>', "the city's seed, for a new workspace").argParser(integer(0, Number.MAX_SAFE_INTEGER)),
  )
  .option('--scenario <name>', "the city's settings, from the workspace's scenarios/")
  .addOption(jsonOption())
  .action(run(async () => (await import('./up.ts')).up));

program
  .command('run')
  .description('feed exactly that through the whole platform, audit it, report, and stop')
  .addOption(workspaceOption())
  .addOption(new Option('--replay <file>', 'a CSV file to replay').conflicts('scenario'))
  .option('--scenario <name>', "the city's settings, from the workspace's scenarios/")
  .addOption(new Option('--events <n>', 'how many events').argParser(integer(1, 1_000_000_000)))
  .addOption(new Option('--seconds <n>', 'how long, at the rate').argParser(integer(1, 86_400)).conflicts('events'))
  .addOption(new Option('--rate <n>', 'events a second, or max').argParser(rate))
  .addOption(
    new Option('--seed <n>', "the city's seed, for a new workspace").argParser(integer(0, Number.MAX_SAFE_INTEGER)),
  )
  .addOption(jsonOption())
  .action(run(async () => (await import('./run.ts')).runCommand));

program
  .command('sql')
  .description("one query over the workspace's tables, running or not")
  .argument('<query>', 'the SQL text')
  .addOption(workspaceOption())
  .addOption(jsonOption())
  .action(run(async () => (await import('./sql.ts')).sqlCommand));

const pipeline = program.command('pipeline').description('the pipelines: dry-run, graph, refresh');
pipeline
  .command('dry-run')
  .description('check all pipelines without running them')
  .addOption(workspaceOption())
  .addOption(jsonOption())
  .action(run(async () => (await import('./pipeline.ts')).dryRunCommand));
pipeline
  .command('graph')
  .description('what reads what')
  .addOption(workspaceOption())
  .addOption(jsonOption())
  .action(run(async () => (await import('./pipeline.ts')).graphCommand));
pipeline
  .command('refresh')
  .description('refresh tables, or all')
  .argument('[tables...]', 'schema.table')
  .option('--full', 'from scratch')
  .addOption(workspaceOption())
  .addOption(jsonOption())
  .action(run(async () => (await import('./pipeline.ts')).refreshCommand));

program
  .command('audit')
  .description('the ledger against every hop')
  .addOption(workspaceOption())
  .addOption(jsonOption())
  .action(run(async () => (await import('./audit.ts')).auditCommand));

program
  .command('broker')
  .description('the embedded Kafka alone')
  .addOption(portOption('its port (default: 9092)'))
  .option('--data <dir>', 'folder of its log (default: kafka in the workspace)')
  .option('--config <file>', 'more settings, and listeners with TLS or SASL, as YAML (see docs/KAFKA.md)')
  .addOption(workspaceOption())
  .action(run(async () => (await import('./broker.ts')).brokerCommand));

program
  .command('kafka')
  .description('a Kafka that is not the embedded one')
  .command('apache')
  .description('a real Apache Kafka 4 alone, from jars that you have put there')
  .addOption(portOption('its port (default: 9092)'))
  .option('--data <dir>', 'folder of its log (default: kafka-apache in the workspace)')
  .option('--jars <dir>', 'folder of its jars (default: apache-kafka in the workspace)')
  .addOption(workspaceOption())
  .addOption(jsonOption())
  .action(run(async () => (await import('./kafka.ts')).apacheCommand));

program
  .command('bench')
  .description('the benchmarks: simulator, broker, bronze, platform')
  .argument('[name]', 'one of them')
  .option('--against <host:port>', 'another Kafka to compare the broker with')
  .addOption(new Option('--seconds <n>', 'how long to measure').argParser(integer(1, 3_600)))
  .addOption(jsonOption())
  .action(run(async () => (await import('../bench/index.ts')).benchCommand));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version that were asked for are no failure.
  process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUse;
  if (error.code === 'commander.help' && error.exitCode !== 0) narrate('');
}
