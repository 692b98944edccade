import { decoded, tellEncoding } from '../encoding';
import type { FormatReader, Fragment, Reading } from '../reading';
import { readJson } from './json';

/** A cell of a Jupyter notebook; nothing in it is trusted. */
interface Cell {
  cell_type?: unknown;
  source?: unknown;
  input?: unknown;
  outputs?: unknown;
}

/** A Jupyter notebook: texts, code and printed outputs, without pictures. Other JSON is read as JSON. */
export const readNotebook: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const encoding = await tellEncoding(reading.path, reading.head);
  reading.summary.encoding = encoding.label;
  let json = '';
  for await (const piece of decoded(reading.path, encoding)) json += piece;
  const cells = cellsOf(json);
  if (cells === undefined) return yield* readJson(reading);
  for (const cell of cells) {
    const source = textOf(cell.source ?? cell.input);
    if (source.trim() !== '')
      yield { text: `${source}\n\n`, markup: cell.cell_type === 'markdown' ? 'markdown' : 'plain' };
    const output = outputOf(cell.outputs);
    if (output.trim() !== '') yield { text: `${output}\n\n`, markup: 'plain' };
  }
};

function cellsOf(json: string): Cell[] | undefined {
  try {
    const notebook = JSON.parse(json) as { cells?: unknown; worksheets?: unknown } | null;
    const first = Array.isArray(notebook?.worksheets) ? (notebook.worksheets[0] as { cells?: unknown }) : notebook;
    return Array.isArray(first?.cells)
      ? (first.cells as Cell[]).filter((cell) => typeof cell === 'object' && cell !== null)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Text only; an output has the same content in several types, of which one is enough. */
function outputOf(outputs: unknown): string {
  if (!Array.isArray(outputs)) return '';
  const texts = (outputs as Record<string, unknown>[]).map((output) => {
    const data = (output?.['data'] ?? {}) as Record<string, unknown>;
    const plain = textOf(output?.['text'] ?? data['text/plain'] ?? data['text/markdown']);
    return plain || [textOf(output?.['ename']), textOf(output?.['evalue'])].filter((text) => text !== '').join(': ');
  });
  return texts.filter((text) => text.trim() !== '').join('\n');
}

/** Notebooks keep a text as one string or as a list of its lines. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.filter((part) => typeof part === 'string').join('') : '';
}
