import { Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { Parser } from 'htmlparser2';
import { Depth } from '../extraction/depth';
import { ExtractionError } from '../extraction/extraction';

/** Of one page: enough for any index page. */
const MAX_LINKS = 2_000;
/** Links are looked for in this much of a page. */
const MAX_BYTES = 5_000_000;
const MAX_LINK_CHARS = 2_000;

/** Passes a page on as it is, and collects what it links to. */
export class PageLinks extends Transform {
  private readonly found = new Set<string>();
  private readonly decoder = new StringDecoder('utf8');
  private readonly parser: Parser;
  private readonly depth = new Depth();
  private base: URL;
  private size = 0;
  private follow = true;
  private index = true;
  private isOver = false;

  /** @param url of the page, after redirects */
  constructor(url: URL) {
    super();
    this.base = url;
    this.parser = new Parser({
      onopentag: (name, attributes) => {
        this.depth.enter();
        this.open(name, attributes);
      },
      onclosetag: () => this.depth.leave(),
    });
  }

  /** Addresses without their fragments, in their order. Nothing of a page that asks robots not to follow its links. */
  get links(): string[] {
    return this.follow ? [...this.found] : [];
  }

  /** False: the page asks robots not to keep it. */
  get isKept(): boolean {
    return this.index;
  }

  override _transform(piece: Buffer, _: BufferEncoding, done: (error?: Error | null, piece?: Buffer) => void): void {
    this.size += piece.length;
    if (this.size <= MAX_BYTES && !this.isOver) this.look(piece);
    done(null, piece);
  }

  /** A page that is nested too deeply would cost the parser more with each element: its other links are not looked for. */
  private look(piece: Buffer): void {
    try {
      this.parser.write(this.decoder.write(piece));
    } catch (error) {
      if (!(error instanceof ExtractionError)) throw error;
      this.isOver = true;
    }
  }

  private open(name: string, attributes: Record<string, string>): void {
    if (name === 'meta') this.meta(attributes);
    const href = attributes.href?.trim() ?? '';
    if (href === '' || href.length > MAX_LINK_CHARS || !URL.canParse(href, this.base.href)) return;
    const url = new URL(href, this.base);
    if (name === 'base') this.base = url;
    if ((name !== 'a' && name !== 'area') || this.found.size >= MAX_LINKS) return;
    if (/\bnofollow\b/i.test(attributes.rel ?? '')) return;
    url.hash = '';
    this.found.add(url.href);
  }

  private meta({ name = '', content = '' }: Record<string, string>): void {
    if (!/^(?:robots|perennialbot)$/i.test(name)) return;
    if (/\b(?:nofollow|none)\b/i.test(content)) this.follow = false;
    if (/\b(?:noindex|none)\b/i.test(content)) this.index = false;
  }
}
