/** A new log folder is formatted by Apache's own tool, once; beside its place, so that a folder is formatted or not there. */
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApacheOptions } from './apache.ts';
import { classPath, runJava } from './find.ts';
import { serverProperties } from './properties.ts';

export const format = async (options: ApacheOptions, version: string, java: string): Promise<void> => {
  const target = join(options.dataDir, 'log');
  if (existsSync(join(target, 'meta.properties'))) return;
  const { formattedDir, user } = options;
  if (formattedDir === undefined) return formatAt(target, options.dataDir, options, java);
  const kept = join(formattedDir, ['formatted', version, ...(user === undefined ? [] : [user.name])].join('-'));
  if (!existsSync(kept)) await formatAt(kept, formattedDir, options, java);
  cpSync(kept, target, { recursive: true });
};

const formatAt = async (target: string, workIn: string, options: ApacheOptions, java: string): Promise<void> => {
  mkdirSync(workIn, { recursive: true });
  const work = mkdtempSync(join(workIn, 'formatting-'));
  try {
    const config = join(work, 'server.properties');
    writeFileSync(config, serverProperties({ jarsDir: '', dataDir: work }, { plain: 1, sasl: 0, tls: 0 }, 2));
    const tool = ['-cp', classPath(options.jarsDir), 'kafka.tools.StorageTool', 'format'];
    await runJava(java, [...tool, '-t', newClusterId(), '-c', config, ...logins(options)]);
    renameSync(join(work, 'log'), target);
  } catch (error) {
    // another process was quicker: its folder is as good
    if (!existsSync(target)) throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};

const logins = ({ user }: ApacheOptions): string[] =>
  user === undefined
    ? []
    : ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=${user.name},password=${user.password}]`,
      ]);

/** A dash in front would be taken for an option. */
const newClusterId = (): string => randomBytes(16).toString('base64url').replace(/^-/, '_');
