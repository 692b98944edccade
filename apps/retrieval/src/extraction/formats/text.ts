import { decoded, tellEncoding } from '../encoding';
import type { FormatReader, Fragment, Reading } from '../reading';

/** Text as it is. In Markdown and in plain text a line that begins with `#` is a heading; in code and data it is not. */
export const readText: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const encoding = await tellEncoding(reading.path, reading.head);
  reading.summary.encoding = encoding.label;
  const markup = reading.summary.format === 'markdown' || reading.summary.format === 'text' ? 'markdown' : 'plain';
  for await (const text of decoded(reading.path, encoding)) yield { text, markup };
};
