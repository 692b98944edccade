import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { Depth } from '../depth';

/**
 * Rewrites a part of a Word document so that mammoth reads what it would skip: equations become linear text, text boxes without an older form
 * become paragraphs, fields show their last value, and comments stand where they belong. Malformed XML is passed to mammoth unchanged.
 *
 * @param comments by their ids
 *
 * @throws ExtractionError `too-deep`
 */
export function withSkippedParts(xml: string, comments: ReadonlyMap<string, string>): string {
  if (!/<(?:\w+:)?(?:oMath|txbxContent|fldSimple|commentReference)[\s>/]/.test(xml)) return xml;
  const rewriter = new Rewriter(comments);
  const parser = new SaxesParser<{ xmlns: false; position: false }>({ xmlns: false, position: false });
  let failed = false;
  parser.on('error', () => (failed = true));
  parser.on('opentag', (tag) => rewriter.open(tag));
  parser.on('closetag', ({ name }) => rewriter.close(name));
  parser.on('text', (text) => rewriter.text(text));
  parser.on('cdata', (text) => rewriter.text(text));
  parser.write(xml).close();
  return failed ? xml : rewriter.out;
}

/** Parts of an equation that stand between marks in a line: `(a)/(b)`, `x^(2)`, `x_(i)`, `sqrt(x)`. */
const MARKS: Readonly<Record<string, readonly [before: string, after: string]>> = {
  'm:num': ['(', ')/'],
  'm:den': ['(', ')'],
  'm:sup': ['^(', ')'],
  'm:sub': ['_(', ')'],
  'm:deg': ['root(', ')'],
  'm:rad': ['sqrt(', ')'],
  'm:d': ['(', ')'],
  'm:mr': ['', '; '],
};

/** Text within an element that is evaluated when it ends. */
interface Frame {
  tag: string;
  out: string;
  /** Text boxes of a drawing. */
  boxes: string[];
  /** Forms of an `mc:AlternateContent`. */
  choice?: string;
  fallback?: string;
}

/** Documents without older forms may lack this declaration. */
const VML = 'urn:schemas-microsoft-com:vml';
const FRAMES = new Set(['mc:AlternateContent', 'mc:Choice', 'mc:Fallback', 'w:drawing', 'w:txbxContent']);

class Rewriter {
  private readonly depth = new Depth();
  private readonly frames: Frame[] = [{ tag: '', out: '', boxes: [] }];
  /** The equation that is open, as text. */
  private equation: string | undefined;
  private equationDepth = 0;

  constructor(private readonly comments: ReadonlyMap<string, string>) {}

  get out(): string {
    return this.frames[0]?.out ?? '';
  }

  open({ name, attributes }: SaxesTagPlain): void {
    this.depth.enter();
    if (name === 'm:oMath') {
      this.equationDepth += 1;
      this.equation ??= '';
    }
    if (this.equation !== undefined) {
      this.equation += (MARKS[name]?.[0] ?? '') + (name === 'm:chr' ? (attributes['m:val'] ?? '') : '');
    } else if (name === 'w:commentReference') {
      const comment = this.comments.get(attributes['w:id'] ?? '');
      if (comment !== undefined) this.write(`<w:t xml:space="preserve"> [${escaped(comment)}] </w:t>`);
    } else if (!isTransparent(name)) {
      const tag = `<${name}${attributesOf(attributes)}>`;
      if (FRAMES.has(name)) this.frames.push({ tag, out: '', boxes: [] });
      else this.write(tag);
    }
  }

  text(text: string): void {
    if (this.equation !== undefined) this.equation += text;
    else this.write(escaped(text));
  }

  close(name: string): void {
    this.depth.leave();
    if (this.equation !== undefined) this.closeInEquation(name);
    else if (FRAMES.has(name)) this.closeFrame(name);
    else if (name !== 'w:commentReference' && !isTransparent(name)) this.write(`</${name}>`);
  }

  private closeInEquation(name: string): void {
    this.equation += MARKS[name]?.[1] ?? '';
    if (name !== 'm:oMath' || --this.equationDepth > 0) return;
    // A square root has no degree.
    const text = this.equation?.replaceAll('root()', '').replace(/\s+/g, ' ').trim() ?? '';
    this.equation = undefined;
    this.write(`<w:r><w:t xml:space="preserve"> ${escaped(text)} </w:t></w:r>`);
  }

  private closeFrame(name: string): void {
    const { tag, out, boxes, choice, fallback } = this.frames.pop() as Frame;
    const parent = this.frames.at(-1) as Frame;
    const whole = `${tag}${out}</${name}>`;
    if (name === 'mc:Choice') parent.choice ??= out;
    else if (name === 'mc:Fallback') parent.fallback = out;
    else if (name === 'mc:AlternateContent') this.write(fallback ?? choice ?? '');
    else if (name === 'w:txbxContent') {
      const drawing = this.frames.findLast((frame) => frame.tag.startsWith('<w:drawing'));
      if (drawing) drawing.boxes.push(whole);
      else this.write(whole);
    } else if (boxes.length === 0) this.write(whole);
    else this.write(`<w:pict><v:textbox xmlns:v="${VML}">${boxes.join('')}</v:textbox></w:pict>`);
  }

  private write(xml: string): void {
    (this.frames.at(-1) as Frame).out += xml;
  }
}

/** Only the content of this element is kept. */
const isTransparent = (name: string): boolean => name.startsWith('m:') || name === 'w:fldSimple';

function attributesOf(attributes: Record<string, string>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escaped(value).replace(/"/g, '&quot;')}"`)
    .join('');
}

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
