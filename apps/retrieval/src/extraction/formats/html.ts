import { decoded, tellEncoding } from '../encoding';
import { HtmlText } from '../html-text';
import type { FormatReader, Fragment, Reading } from '../reading';

const DECLARED = /<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w-]{1,40})/i;

/** A web page: its visible text, with its headings. */
export const readHtml: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const head = Buffer.from(reading.head.subarray(0, 4096)).toString('latin1');
  const encoding = await tellEncoding(reading.path, reading.head, DECLARED.exec(head)?.[1]);
  reading.summary.encoding = encoding.label;
  const html = new HtmlText();
  for await (const piece of decoded(reading.path, encoding)) {
    html.write(piece);
    yield { text: html.take(), markup: 'markdown' };
  }
  html.end();
  yield { text: html.take(), markup: 'markdown' };
};
