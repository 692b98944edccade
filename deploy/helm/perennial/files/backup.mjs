// What the CronJob of backups runs: a backup into a directory of its own, named by its time; then the oldest beyond KEEP are removed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const { BACKUPS, KEEP, PASSPHRASE_FILE } = process.env;
const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
const encrypted = PASSPHRASE_FILE ? ['--passphrase-file', PASSPHRASE_FILE] : [];
const made = spawnSync(process.execPath, ['perennial.mjs', 'backup', join(BACKUPS, now), ...encrypted], {
  stdio: 'inherit',
});
if (made.status !== 0) process.exit(made.status ?? 1);

// A complete one has a manifest. What an aborted one left goes with the oldest complete one that is kept.
const all = readdirSync(BACKUPS).filter((name) => /^\d{8}T\d{6}Z$/.test(name));
const complete = all.filter((name) => existsSync(join(BACKUPS, name, 'manifest.json'))).sort();
const oldest = complete.slice(-Number(KEEP))[0];
for (const name of all.filter((one) => one < oldest)) {
  rmSync(join(BACKUPS, name), { recursive: true });
  console.log(`removed ${name}`);
}
