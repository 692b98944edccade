// Makes the documents of `../documents`. They are kept, because a machine of tests has neither the fonts nor always a browser:
//   apt-get install chromium fonts-dejavu fonts-wqy-microhei; node libs/testing/judged/make/main.mjs
// Questions about them are written from their rendered pages, so make them again only together with their questions.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PDFDocument, PDFName } from '@cantoo/pdf-lib';
import { chromium } from '@playwright/test';
import * as chinese from './chinese.mjs';
import * as english from './english.mjs';
import * as german from './german.mjs';
import * as mail from './mail.mjs';
import * as office from './office.mjs';
import { scanned } from './page.mjs';

const OUT = fileURLToPath(new URL('../documents/', import.meta.url));
const A4 = [595, 842];
/** Pixels of a page of 794 units at 150 dots to the inch. */
const SCALE = 150 / 96;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_BINARY ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const context = await browser.newContext({ viewport: { width: 794, height: 1123 }, deviceScaleFactor: SCALE });
const page = await context.newPage();
const keep = (name, bytes) => writeFile(OUT + name, bytes);

async function print(name, html, { labels } = {}) {
  await page.setContent(html);
  let bytes = await page.pdf({ preferCSSPageSize: true });
  if (labels) {
    const pdf = await PDFDocument.load(bytes);
    pdf.catalog.set(PDFName.of('PageLabels'), pdf.context.obj({ Nums: [0, { S: 'r' }, 2, { S: 'D' }] }));
    bytes = await pdf.save();
  }
  await keep(name, bytes);
}

async function picture(html, { lang, angle }) {
  await page.setContent(scanned(html, { lang, angle }));
  return page.screenshot({ type: 'jpeg', quality: 45 });
}

async function scan(name, sides, { lang, angles }) {
  const pdf = await PDFDocument.create();
  for (const [at, html] of sides.entries()) {
    const image = await pdf.embedJpg(await picture(html, { lang, angle: angles[at] }));
    const sheet = pdf.addPage(A4);
    sheet.drawImage(image, { x: 0, y: 0, width: A4[0], height: A4[1] });
  }
  await keep(name, await pdf.save());
}

await mkdir(OUT, { recursive: true });
await print('observatory.pdf', english.observatory);
await print('price-list.pdf', english.prices);
await print('rota.pdf', english.rota);
await print('heat-exchangers.pdf', english.formulas);
await print('sicherheit.pdf', german.handbook, { labels: true });
await print('ersatzteile.pdf', german.teile);
await print('gemeindeblatt.pdf', german.gemeinde);
await print('水务年报.pdf', chinese.report);
await scan('lease.pdf', english.lease, { lang: 'en', angles: [0.4, -0.3] });
await scan('rechnung.pdf', german.rechnung, { lang: 'de', angles: [-0.5] });
await scan('停电通知.pdf', chinese.notice, { lang: 'zh', angles: [0.3] });
await keep('ferry.jpg', await picture(english.poster, { lang: 'en', angle: 0 }));
await keep('protocol.docx', await office.protocol());
await keep('budget.xlsx', await office.budget());
await keep('night-train.pptx', await office.slides());
await keep('power.eml', mail.thread());
await keep('bulbs.mhtml', mail.savedPage());
await keep('calendar.ics', mail.calendar());
await keep('club.zip', await mail.folder());
await keep('keys.msg', mail.outlook());
await browser.close();
