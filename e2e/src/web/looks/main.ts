import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { noBrowser } from '../../support/browser';
import { beyondTheEdge } from '../../support/page-checks';
import { layoutFaults } from '../../support/page-layout';
import { PageSystem } from '../page-system';
import { judgeKeys, judgeLook, Viewer } from './judge';
import { SHEET, writeSheet } from './sheet';
import { storeForViews } from './stored';
import { allVariants, LANGUAGES, pairwiseVariants, type Variant, variantName, WIDTHS } from './variants';
import { type View, VIEWS } from './views';

const HELP = `looks [--pairwise] [--pictures DIR] [--only WORDS] [--no-keys] [--sheet FILE]
Shows every view of the page in every theme, width and language, and lists what is wrong: violations of accessibility, too little contrast, text that
is cut off, controls that cover each other, what lies beyond an edge, and what a walk by Tab finds. Exits with 1 when something is wrong.

  --pairwise      three ways for each view, over which all themes, widths and languages meet
  --pictures DIR  takes a picture of each
  --only WORDS    views whose name contains one of the words, which have commas between them
  --no-keys       without the walks by Tab
  --sheet FILE    only puts a few of the pictures on one, as in the README (docs/screenshot.png)`;

if (process.argv.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}
if (noBrowser) process.exit(1);

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(name);
  return at === -1 ? undefined : process.argv[at + 1];
};
const has = (name: string): boolean => process.argv.includes(name);
const sheet = option('--sheet');
const pictures = sheet === undefined ? option('--pictures') : await mkdtemp(join(tmpdir(), 'looks-'));
const only = (option('--only') ?? '').split(',');

const system = new PageSystem();
await system.start();
const administrator = await system.administrator();
const viewer = new Viewer(system, administrator, await storeForViews(administrator));
const faults: string[] = [];
try {
  await system.add('Grace Hopper', 'grace@example.com');
  await system.add('Konstantinos Papadimitriou-Oikonomopoulos', 'konstantinos.papadimitriou@branch.example.com');
  await system.add('لمياء', 'lamia@example.com');
  if (pictures) await mkdir(pictures, { recursive: true });
  if (sheet !== undefined && pictures !== undefined) await makeSheet(sheet, pictures);
  const chosen = VIEWS.map((view, number) => ({ view, number })).filter(
    ({ view }) => sheet === undefined && only.some((word) => view.name.includes(word)),
  );
  const began = performance.now();
  for (const [at, { view, number }] of chosen.entries()) {
    const variants = has('--pairwise') ? pairwiseVariants(number) : allVariants();
    const found = new Map<string, string[]>();
    for (const variant of variants)
      for (const fault of await judge(view, variant))
        found.set(fault, [...(found.get(fault) ?? []), variantName(variant)]);
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.log(
      `${at + 1}/${chosen.length} ${view.name}: ${variants.length} ways, ${found.size} faults (${seconds} s)`,
    );
    for (const [fault, seen] of found) {
      const line = `  ${fault}\n    ${seen.length}×: ${seen.slice(0, 6).join(' ')}`;
      console.log(line);
      faults.push(`${view.name}:\n${line}`);
    }
  }
} finally {
  await viewer.close();
  await system.stop();
}
if (pictures && sheet === undefined) await writeFile(join(pictures, 'faults.txt'), faults.join('\n'));
console.log(JSON.stringify({ faults: faults.length }));
process.exitCode = faults.length === 0 ? 0 : 1;

/** Takes the pictures of the sheet and puts them together. */
async function makeSheet(file: string, folder: string): Promise<void> {
  for (const { view: name, variant } of SHEET) {
    const view = VIEWS.find((view) => view.name === name)!;
    const page = await viewer.show(view, variant);
    // On a phone one reads from the top.
    await page.locator('.messages').evaluate((messages) => messages.scrollTo(0, 0));
    await page.locator('.markdown pre .code-word').first().waitFor();
    await page.screenshot({ path: join(folder, `${name}-${variantName(variant)}.png`) });
  }
  await writeSheet(system.browser, folder, file);
  await rm(folder, { recursive: true });
}

async function judge(view: View, variant: Variant): Promise<string[]> {
  try {
    const page = await viewer.show(view, variant);
    if (pictures) await page.screenshot({ path: join(pictures, `${view.name}-${variantName(variant)}.png`) });
    const found = await judgeLook(page, variant, !has('--pairwise'));
    if (variant.theme !== 'light') return found;
    const forced = await inForcedColours(page, join(pictures ?? '', `${view.name}-${variantName(variant)}-forced.png`));
    // The controls are the same in every language and theme: one of each width and language.
    const isWalked = has('--pairwise') || WIDTHS.indexOf(variant.width) === LANGUAGES.indexOf(variant.language);
    return [...found, ...forced, ...(isWalked && !has('--no-keys') ? await judgeKeys(page, view) : [])];
  } catch (error) {
    return [`cannot be shown: ${String(error).split('\n')[0]}`];
  } finally {
    await viewer.leave(view);
  }
}

/** What is wrong in the system's own colours, which have edges of their own. */
async function inForcedColours(page: Page, picture: string): Promise<string[]> {
  await page.emulateMedia({ forcedColors: 'active' });
  if (pictures) await page.screenshot({ path: picture });
  const found = [...(await beyondTheEdge(page)), ...(await layoutFaults(page))];
  await page.emulateMedia({ forcedColors: 'none' });
  return found.map((fault) => `in forced colours: ${fault}`);
}
