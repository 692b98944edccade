import { launchSystem, ROOT } from '@perennial/launcher';
import { keepResult } from '@perennial/testing/servers';
import { firstToSignUp, launchBrowser, noBrowser } from '../support/browser';
import { BuiltPage } from '../web/built-page';
import { startSimulatorProcess } from './simulator-process';
import { longChat, opening, picker, reading } from './web-measures';

if (process.argv.includes('--help')) {
  console.log(`bench:web [--keep]
What the page weighs and how it behaves in a real browser: bytes, requests, renders, shifts, frames, keys, memory. The last line has the figures;
times are those of this machine, with the processor of the page slowed four times where it says so.

  --keep  writes docs/results/web.json`);
  process.exit(0);
}
if (noBrowser) process.exit(1);

const STREAM = 'sim-t2500-r100';
const OTHERS = Array.from({ length: 1_000 }, (_, at) => `sim-t1-d${at}`);
const built = new BuiltPage(ROOT);
const kilobytes = (names: Iterable<string>) => Math.round(built.weight(names) / 100) / 10;

const simulator = await startSimulatorProcess([STREAM, ...OTHERS]);
const system = await launchSystem({
  env: { OPENAI_API_BASE_URLS: `${simulator.url}/v1`, OPENAI_API_KEYS: 'simulated' },
});
const browser = await launchBrowser();
try {
  const context = await firstToSignUp(browser, system.baseUrl);
  const figures = {
    entry_kb: kilobytes(built.entry),
    chat_kb: kilobytes(built.chat),
    css_kb: kilobytes(built.styles),
    ...(await opening(context, system.baseUrl)),
    ...(await reading(context, STREAM)),
    ...(await longChat(context, STREAM)),
    ...(await picker(context)),
  };
  for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(26)} ${value}`);
  if (process.argv.includes('--keep')) keepResult(ROOT, 'web', { figures });
  console.log(JSON.stringify(figures));
} finally {
  await browser.close();
  await system.stop();
  await simulator.process.stop();
}
