import { launchSystem, ROOT } from '@perennial/launcher';
import { keepResult } from '@perennial/testing/servers';
import { firstToSignUp, launchBrowser, noBrowser } from '../support/browser';
import { BuiltPage } from '../web/built-page';
import { startSimulatorProcess } from './simulator-process';
import { access } from './web/access';
import { longChat, menu, switching } from './web/chats';
import { missedCounts, printRows } from './web/limits';
import { picker, users } from './web/lists';
import { opening } from './web/opening';
import { FAST_STREAM, flushing, reading, STREAM } from './web/stream';

if (process.argv.includes('--help')) {
  console.log(`bench:web [--keep] [--only WORD]
What the page weighs and how it behaves in a real browser, row by row beside its budget: bytes, requests, renders, shifts, frames, keys, memory, lists,
accessibility. It takes about four minutes. The last line has the figures. Times are those of this machine, beside those of an empty page; the
processor of the page is slowed four times where a row says so. Exits with 1 when a count misses its limit.

  --keep       writes docs/results/web.json
  --only WORD  measures the parts whose name contains the word; the others' rows stay empty`);
  process.exit(0);
}
if (noBrowser) process.exit(1);

const OTHERS = Array.from({ length: 1_000 }, (_, at) => `sim-t1-d${at}`);
const built = new BuiltPage(ROOT);
const kilobytes = (bytes: number) => Math.round(bytes / 100) / 10;

const simulator = await startSimulatorProcess([STREAM, FAST_STREAM, ...OTHERS]);
const system = await launchSystem({
  env: { OPENAI_API_BASE_URLS: `${simulator.url}/v1`, OPENAI_API_KEYS: 'simulated' },
});
const browser = await launchBrowser();
const progress = (words: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${words}`);
try {
  const context = await firstToSignUp(browser, system.baseUrl);
  const figures: Record<string, number> = {
    entry_kb: kilobytes(built.weight(built.entry)),
    chat_kb: kilobytes(built.weight(built.chat)),
    css_kb: kilobytes(built.weight(built.styles)),
    page_kb: kilobytes(Math.max(...built.ownScripts().map(({ bytes }) => bytes))),
    sign_in_kb: kilobytes(built.weight(built.signIn)),
  };
  const parts = {
    'first load': () => opening(context, system.baseUrl),
    'reading a stream': () => reading(context),
    'an answer of 50 kB': () => flushing(context),
    '1,000 messages': () => longChat(context),
    'switching chats': () => switching(context),
    'a menu in a large chat': () => menu(context),
    '1,000 models': () => picker(context),
    'all pages': () => access(context, system.baseUrl),
    '100,000 users': () => users(context, system.postgresUrl),
  };
  const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1]! : '';
  for (const [words, measure] of Object.entries(parts)) {
    if (!words.includes(only)) continue;
    progress(words);
    // One that fails leaves its rows empty: a count that is not there is missed.
    await measure().then(
      (found) => Object.assign(figures, found),
      (error: unknown) => console.error(`${words}: ${String(error)}`),
    );
  }
  printRows(figures);
  if (process.argv.includes('--keep')) keepResult(ROOT, 'web', { figures });
  const missed = missedCounts(figures);
  if (missed.length > 0) console.log(`Over the limit: ${missed.join(', ')}`);
  process.exitCode = missed.length > 0 ? 1 : 0;
  console.log(JSON.stringify(figures));
} finally {
  await browser.close();
  await system.stop();
  await simulator.process.stop();
}
