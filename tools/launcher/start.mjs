// `npm start`, also on a fresh clone: installs and builds what is missing or stale, then launches the system.
import { build, checkNode, describeNode, install } from './prepare.mjs';

try {
  checkNode();
  process.stdout.write(`Perennial\n  ${describeNode()}\n`);
  await install();
  await build();
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
// Created by the build above.
const main = new URL('dist/main.js', import.meta.url);
await import(main.href);
