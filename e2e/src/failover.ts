import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '@perennial/launcher';

/** The command of old: it runs the failover form of the chaos suite with the same options and the same last line. */
const main = join(ROOT, 'tools/chaos/dist/failover.js');
const child = spawn(process.execPath, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => process.exit(code ?? 1));
