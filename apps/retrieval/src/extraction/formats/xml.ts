import { decoded, tellEncoding } from '../encoding';
import { ExtractionError } from '../extraction';
import type { FormatReader, Fragment, Reading } from '../reading';
import { localName, parseXml, readXml } from '../xml';

const DECLARED = /^\s*<\?xml[^>]{0,200}encoding\s*=\s*["']([\w-]{1,40})["']/i;

/** XML as lines `name: text` and `name attribute: value`; malformed XML is read as plain text. */
export const readXmlText: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const head = Buffer.from(reading.head.subarray(0, 1024)).toString('latin1');
  const encoding = await tellEncoding(reading.path, reading.head, DECLARED.exec(head)?.[1]);
  reading.summary.encoding = encoding.label;
  const pieces = () => decoded(reading.path, encoding);
  if (!(await isWellFormed(pieces()))) {
    for await (const text of pieces()) yield { text, markup: 'plain' };
    return;
  }
  let lines: string[] = [];
  let content = '';
  const names: string[] = [];
  const flush = (): void => {
    const text = content.replace(/\s+/g, ' ').trim();
    if (text !== '') lines.push(`${names.at(-1) ?? ''}: ${text}\n`);
    content = '';
  };
  const parsing = parseXml(pieces(), {
    open: ({ name, attributes }) => {
      flush();
      names.push(localName(name));
      for (const [attribute, value] of Object.entries(attributes))
        if (!attribute.startsWith('xmlns') && value.trim() !== '')
          lines.push(`${localName(name)} ${localName(attribute)}: ${value.replace(/\s+/g, ' ').trim()}\n`);
    },
    text: (text) => (content += text),
    close: () => {
      flush();
      names.pop();
    },
  });
  while (!(await parsing.next()).done) {
    yield { text: lines.join(''), markup: 'plain' };
    lines = [];
  }
  yield { text: lines.join(''), markup: 'plain' };
};

async function isWellFormed(pieces: AsyncIterable<string>): Promise<boolean> {
  try {
    await readXml(pieces, {});
    return true;
  } catch (error) {
    if (error instanceof ExtractionError) throw error;
    return false;
  }
}
