import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface RunOptions {
  cwd: string;
  signal?: AbortSignal;
  env?: Record<string, string>;
}

/** A program that could not be started or failed; `output` is the end of its output. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    message: string,
    readonly output: string,
    /** The program does not exist. */
    readonly missing: boolean,
  ) {
    super(message);
  }
}

/** Runs a program to its end. @throws CommandError */
export function run(command: string, args: string[], options: RunOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...childEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: options.signal,
      // npm and python are .cmd files on Windows, which need a shell; the arguments are our own constants.
      shell: process.platform === 'win32',
    });
    let output = '';
    const collect = (chunk: Buffer) => (output = (output + chunk.toString('utf8')).slice(-4000));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(new CommandError(`${command} cannot be started: ${error.message}`, output, error.code === 'ENOENT')),
    );
    child.once('close', (code, signal) =>
      code === 0
        ? resolve()
        : reject(
            new CommandError(
              `${command} ${args.slice(0, 3).join(' ')} ended with ${code ?? signal}`,
              output.trim(),
              false,
            ),
          ),
    );
  });
}

/** Under `npm start` the environment describes the outer project; an inner npm would use it as its own. */
function childEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (/^npm_(package|lifecycle|config_local_prefix|config_prefix|config_workspace|command)/i.test(name))
      delete env[name];
  }
  return env;
}

/** Bytes of all files below a directory; 0 if it does not exist. Good enough for a progress bar. */
export async function directoryBytes(directory: string): Promise<number> {
  let total = 0;
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    total += await stat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return total;
}
