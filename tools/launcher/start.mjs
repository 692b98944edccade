// `npm start`, also on a fresh clone: installs and builds what is missing or stale, then launches the system.
import { build, checkNode, install } from './prepare.mjs';

try {
  checkNode();
  process.stdout.write('Perennial\n');
  await install();
  await build();
} catch (error) {
  process.stderr.write(`\n${error.message}\n`);
  process.exit(1);
}
await import('./dist/main.js');
