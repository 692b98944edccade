import { Parser } from 'htmlparser2';
import { Depth } from './depth';

const HEADINGS = new Map(['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((name, at) => [name, '#'.repeat(at + 1)]));
const PARAGRAPHS = new Set(
  'p blockquote pre table ul ol dl figure section article main aside header footer nav form fieldset address hr details'.split(
    ' ',
  ),
);
const LINES = new Set('div li tr dt dd br caption figcaption summary legend option body html'.split(' '));
const HIDDEN = new Set(
  'script style noscript template svg math iframe object embed canvas audio video title select datalist'.split(' '),
);
const CELLS = new Set(['td', 'th']);

/**
 * HTML (also XHTML, and other formats converted to it) as text with Markdown's headings and list marks, without invisible parts (scripts,
 * styles). Written piece by piece; `take` returns the finished text. Throws `too-deep`.
 */
export class HtmlText {
  private out = '';
  /** Separator before the next word: 0 none, 1 a blank, 2 a line end, 3 a paragraph. */
  private gap = 0;
  /** The current line has text. */
  private started = false;
  private hidden = 0;
  private pre = 0;
  private heading = '';
  private mark = '';
  private row = 0;
  private readonly lists: { ordered: boolean; item: number }[] = [];
  private readonly depth = new Depth();
  private readonly parser: Parser;

  /** `xml`: XHTML, where every element may close itself. */
  constructor({ xml = false } = {}) {
    this.parser = new Parser(
      {
        onopentag: (name) => {
          this.depth.enter();
          this.open(name);
        },
        ontext: (text) => this.text(text),
        onclosetag: (name) => {
          this.depth.leave();
          this.close(name);
        },
      },
      { decodeEntities: true, xmlMode: false, recognizeSelfClosing: xml, lowerCaseTags: true },
    );
  }

  write(html: string): void {
    this.parser.write(html);
  }

  end(): void {
    this.parser.end();
  }

  /** The text since the last call. */
  take(): string {
    const text = this.out;
    this.out = '';
    return text;
  }

  private open(name: string): void {
    if (HIDDEN.has(name)) this.hidden += 1;
    if (this.hidden > 0) return;
    const heading = HEADINGS.get(name);
    if (heading !== undefined) {
      this.break(3);
      this.heading = `${heading} `;
    } else if (name === 'ul' || name === 'ol') {
      this.break(this.lists.length > 0 ? 2 : 3);
      this.lists.push({ ordered: name === 'ol', item: 0 });
    } else if (name === 'li') this.item();
    else if (name === 'tr') {
      this.break(2);
      this.row = 0;
    } else if (CELLS.has(name)) {
      if (this.row > 0) this.mark = ' | ';
      this.row += 1;
    } else if (name === 'br') this.break(2);
    else this.boundary(name);
    if (name === 'pre') this.pre += 1;
  }

  private close(name: string): void {
    if (HIDDEN.has(name)) {
      if (this.hidden > 0) this.hidden -= 1;
      return;
    }
    if (this.hidden > 0) return;
    if (name === 'pre' && this.pre > 0) this.pre -= 1;
    if (name === 'ul' || name === 'ol') this.lists.pop();
    if (HEADINGS.has(name)) {
      this.heading = '';
      this.break(3);
    } else if (name === 'tr') {
      this.row = 0;
      this.mark = '';
      this.break(2);
    } else this.boundary(name);
  }

  private item(): void {
    this.break(2);
    const list = this.lists.at(-1);
    if (list) list.item += 1;
    this.mark = `${'  '.repeat(Math.max(0, this.lists.length - 1))}${list?.ordered ? `${list.item}.` : '-'} `;
  }

  /** A block begins or ends; within a row of a table or a heading everything stays on one line. */
  private boundary(name: string): void {
    const gap = PARAGRAPHS.has(name) ? (this.lists.length > 0 ? 2 : 3) : LINES.has(name) ? 2 : 0;
    if (gap > 0) this.break(gap);
  }

  private break(gap: number): void {
    const inLine = this.row > 0 || this.heading !== '';
    this.gap = Math.max(this.gap, inLine ? 1 : gap);
  }

  private text(text: string): void {
    if (this.hidden > 0) return;
    if (this.pre > 0 && this.row === 0) {
      if (text !== '') this.append(text, false);
      return;
    }
    const words = text.replace(/[\s\u00A0]+/g, ' ');
    if (words === ' ' || words === '') {
      if (words !== '') this.gap = Math.max(this.gap, 1);
      return;
    }
    if (words.startsWith(' ')) this.gap = Math.max(this.gap, 1);
    this.append(words.trim(), words.endsWith(' '));
  }

  private append(text: string, blankFollows: boolean): void {
    if (this.mark === ' | ') this.out += ' | ';
    else {
      if (this.started) this.out += ['', ' ', '\n', '\n\n'][this.gap] ?? '';
      this.out += this.mark;
    }
    if (this.heading !== '' && this.heading.endsWith(' ')) {
      this.out += this.heading;
      // The mark precedes the first word only; the rest of the heading stays on its line.
      this.heading = this.heading.trim();
    }
    this.out += text;
    this.mark = '';
    this.started = true;
    this.gap = blankFollows ? 1 : 0;
  }
}
