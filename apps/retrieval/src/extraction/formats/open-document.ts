import { Archive } from '../archive';
import { refuse } from '../messages';
import type { FormatReader, Fragment, Reading } from '../reading';
import { TableText } from '../table-text';
import { parseXml, readXml, type XmlElement } from '../xml';

const CONTENT = 'content.xml';
const MANIFEST = 'META-INF/manifest.xml';
/** Deleted text, comments, and numbers of notes: not part of the document's text. */
const HIDDEN = new Set(['text:tracked-changes', 'office:annotation', 'text:note-citation', 'office:forms', 'svg:desc']);

/** OpenDocument: text with headings, lists and tables; sheets by name; presentations with the numbers of their pages. */
export const readOpenDocument: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const archive = await Archive.open(reading.path, reading.limits, reading.expansion);
  try {
    await refuseEncrypted(archive);
    const body = new Body(reading);
    const parsing = parseXml(archive.text(CONTENT), {
      open: (element) => body.open(element),
      text: (text) => body.text(text),
      close: (name) => body.close(name),
    });
    while (!(await parsing.next()).done) yield* body.take();
    yield* body.take();
    if (body.parts > 0) reading.summary.pages = body.parts;
  } finally {
    archive.close();
  }
};

async function refuseEncrypted(archive: Archive): Promise<void> {
  if (!archive.has(MANIFEST)) return;
  let encrypted = false;
  await readXml(archive.text(MANIFEST), {
    open: ({ name }) => {
      if (name === 'manifest:encryption-data') encrypted = true;
    },
  });
  if (encrypted) throw refuse.encrypted();
}

/** The body of a document as it is parsed. */
class Body {
  /** Sheets, or pages of a presentation, so far. */
  parts = 0;
  private fragments: Fragment[] = [];
  private hidden = 0;
  /** Nested paragraphs (notes, frames) belong to the outer one. */
  private paragraphs = 0;
  private paragraph = '';
  private lists = 0;
  private itemBegins = false;
  private sheet: { name: string; table: TableText } | undefined;
  private row: string[] | undefined;
  private tables = 0;
  private cell: { text: string; repeat: number } | undefined;
  /** Empty cells since the last one with text. */
  private skipped = 0;

  constructor(private readonly reading: Reading) {}

  *take(): Generator<Fragment> {
    yield* this.fragments;
    this.fragments = [];
  }

  open({ name, attributes }: XmlElement): void {
    if (HIDDEN.has(name)) this.hidden += 1;
    if (this.hidden > 0) return;
    switch (name) {
      case 'text:p':
      case 'text:h':
        this.openParagraph(name === 'text:h' ? Number(attributes['text:outline-level'] ?? 1) : 0);
        break;
      case 'text:s':
        this.text(' '.repeat(Math.min(Number(attributes['text:c'] ?? 1), 100)));
        break;
      case 'text:tab':
        this.text('\t');
        break;
      case 'text:line-break':
        this.text(this.cell ? ' ' : '\n');
        break;
      case 'text:list':
        this.lists += 1;
        break;
      case 'text:list-item':
        this.itemBegins = true;
        break;
      case 'text:note':
        this.text(' (');
        break;
      case 'draw:page':
        this.parts += 1;
        this.checkParts('pages');
        break;
      case 'table:table':
        this.openTable(attributes['table:name']);
        break;
      case 'table:table-row':
        if (this.tables !== 1) break;
        this.row = [];
        this.skipped = 0;
        break;
      case 'table:table-cell':
      case 'table:covered-table-cell':
        if (this.tables === 1)
          this.cell = { text: '', repeat: Number(attributes['table:number-columns-repeated'] ?? 1) };
        break;
    }
  }

  text(text: string): void {
    if (this.hidden === 0 && this.paragraphs > 0) this.paragraph += text;
  }

  close(name: string): void {
    if (HIDDEN.has(name)) {
      this.hidden -= 1;
      return;
    }
    if (this.hidden > 0) return;
    if (name === 'text:p' || name === 'text:h') this.closeParagraph();
    else if (name === 'text:list') this.lists -= 1;
    else if (name === 'text:note') this.text(')');
    else if (name === 'table:table') this.closeTable();
    else if (this.tables === 1 && name === 'table:table-row') this.closeRow();
    else if (this.tables === 1 && (name === 'table:table-cell' || name === 'table:covered-table-cell'))
      this.closeCell();
  }

  private openParagraph(level: number): void {
    this.paragraphs += 1;
    if (this.paragraphs > 1) {
      this.paragraph += ' ';
      return;
    }
    const mark = level > 0 ? `${'#'.repeat(Math.min(level, 6))} ` : this.itemBegins ? '- ' : '';
    this.paragraph = this.cell ? '' : mark;
    this.itemBegins = false;
  }

  private closeParagraph(): void {
    this.paragraphs -= 1;
    if (this.paragraphs > 0) {
      this.paragraph += ' ';
      return;
    }
    const text = this.paragraph;
    this.paragraph = '';
    if (this.cell) this.cell.text = [this.cell.text, text].filter(Boolean).join(' ');
    else if (text.trim() !== '') this.write(`${text}${this.lists > 0 ? '\n' : '\n\n'}`);
  }

  private openTable(name: string | undefined): void {
    this.tables += 1;
    if (this.tables > 1) return;
    if (this.reading.summary.format === 'ods') {
      this.parts += 1;
      this.checkParts('sheets');
    }
    this.sheet = { name: name ?? `Sheet ${this.parts}`, table: new TableText() };
  }

  private closeTable(): void {
    this.tables -= 1;
    if (this.tables > 0) return;
    this.sheet = undefined;
    this.write('\n');
  }

  private closeRow(): void {
    const line = this.sheet?.table.row(this.row ?? []) ?? '';
    this.row = undefined;
    if (line !== '') this.write(line);
  }

  /** Empty cells up to the edge of the sheet are one repeated cell; they count once a cell with text follows. */
  private closeCell(): void {
    const { text, repeat } = this.cell ?? { text: '', repeat: 1 };
    this.cell = undefined;
    const row = this.row;
    if (!row) return;
    const { limits } = this.reading;
    if (text === '') {
      this.skipped += repeat;
      return;
    }
    const columns = row.length + this.skipped + repeat;
    if (columns > limits.maxColumns) throw refuse.tooManyColumns(columns, limits);
    row.push(...Array<string>(this.skipped).fill(''), ...Array<string>(repeat).fill(text));
    this.skipped = 0;
  }

  private checkParts(what: string): void {
    if (this.parts > this.reading.limits.maxPages) throw refuse.tooManyPages(this.parts, what, this.reading.limits);
  }

  private write(text: string): void {
    const { format } = this.reading.summary;
    if (format === 'ods') {
      if (this.sheet) this.fragments.push({ text, heading: this.sheet.name, markup: 'plain' });
    } else if (format === 'odp') {
      this.fragments.push({ text, page: Math.max(1, this.parts), markup: 'plain' });
    } else this.fragments.push({ text, markup: 'markdown' });
  }
}
