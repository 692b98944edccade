import { constants, statSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ServerUnavailable } from './server-unavailable';

/** Directories of programs for administrators, which only root has on PATH. */
const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The first executable file of this name on PATH. */
export function onPath(name: string): Promise<string | undefined> {
  return firstIn((process.env['PATH'] ?? '').split(delimiter), name);
}

/**
 * The path of a program that is installed on this machine: the variable `NAME_BINARY` (`haproxy`: `HAPROXY_BINARY`, `systemd-analyze`:
 * `SYSTEMD_ANALYZE_BINARY`), else the first one on PATH or among the programs for administrators.
 *
 * @param debianPackage how to get it, for the message
 * @throws {ServerUnavailable} when there is none
 */
export async function installedProgram(name: string, debianPackage: string): Promise<string> {
  const variable = `${name.toUpperCase().replaceAll('-', '_')}_BINARY`;
  const named = process.env[variable];
  if (named) {
    if (statSync(named, { throwIfNoEntry: false })?.isFile()) return named;
    throw new ServerUnavailable(`${variable} names ${named}, which is not a file`);
  }
  const found = (await onPath(name)) ?? (await firstIn(SYSTEM_DIRECTORIES, name));
  if (found !== undefined) return found;
  throw new ServerUnavailable(`${name} is not on PATH (Debian package: ${debianPackage}) and ${variable} is not set`);
}

async function firstIn(directories: readonly string[], name: string): Promise<string | undefined> {
  for (const directory of directories) {
    if (directory === '') continue;
    const path = join(directory, name);
    const there = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return undefined;
}
