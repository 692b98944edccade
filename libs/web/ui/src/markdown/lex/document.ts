import { keepIdentity } from './keep-identity';
import { lex, type Links, type MarkdownToken } from './lexer';
import { closeTail } from './tail';

/** Blocks that are rendered as one unit. */
const GROUP = 32;
/** Blocks at the end that more text may still change. */
const OPEN_BLOCKS = 2;
const TAIL_IS_SHOWN_CLOSED = new Set([
  'paragraph',
  'text',
  'heading',
  'list',
  'blockquote',
  'table',
  'footnote',
  'html',
]);

/** What of a document is shown. A group that is full and final stays the same object. */
export type Groups = readonly (readonly MarkdownToken[])[];

/**
 * A text that grows at its end, as Markdown tokens. Only its tail is lexed again: what lies before the last two blocks cannot change any more.
 * Outside of React, so that a component can subscribe to it.
 */
export class MarkdownDocument {
  private source = '';
  /** A line break that may be the first half of one. */
  private pendingReturn = false;
  /** Where the tail begins in the source. */
  private tailStart = 0;
  private readonly final: MarkdownToken[] = [];
  /** The tail as it is shown: its last block is closed. */
  private tail: MarkdownToken[] = [];
  private links: Links = {};
  private ended = false;
  private changed = false;
  private groups: Groups = [];
  /** Groups at the beginning that cannot change any more. */
  private fullGroups = 0;
  private readonly listeners = new Set<() => void>();

  /** A document that is complete. */
  static of(text: string): MarkdownDocument {
    const document = new MarkdownDocument();
    document.append(text);
    document.end();
    return document;
  }

  /** The text so far, with line breaks of one character. */
  get text(): string {
    return this.source;
  }

  /** Nothing is added to it any more. */
  get isWhole(): boolean {
    return this.ended;
  }

  /** Adds text; `update` shows it. */
  append(text: string): void {
    if (text === '') return;
    let added = this.pendingReturn ? `\r${text}` : text;
    this.pendingReturn = added.endsWith('\r');
    if (this.pendingReturn) added = added.slice(0, -1);
    this.source += added.replace(/\r\n?/g, '\n');
    this.changed = true;
  }

  /** Replaces the text; blocks that stay the same keep their identity. */
  replace(text: string): void {
    this.source = '';
    this.pendingReturn = false;
    this.tailStart = 0;
    this.tail = [...this.final, ...this.tail];
    this.final.length = 0;
    this.fullGroups = 0;
    this.links = {};
    this.ended = false;
    this.changed = true;
    this.append(text);
  }

  /** Lexes what was added, and tells the subscribers. */
  update(): void {
    if (!this.changed || this.ended) return;
    this.changed = false;
    const { blocks, links } = lex(this.source.slice(this.tailStart), this.links);
    const open = this.isPrefix(blocks.slice(0, openFrom(blocks))) ? openFrom(blocks) : 0;
    const last = blocks.at(-1);
    const before = blocks.slice(open, -1);
    const shown = last === undefined ? [] : [...before, ...this.closed(last, links)];
    const kept = keepIdentity(this.tail, [...blocks.slice(0, open), ...shown]);
    this.tailStart += blocks.slice(0, open).reduce((length, { raw }) => length + raw.length, 0);
    this.final.push(...kept.slice(0, open));
    this.tail = kept.slice(open);
    // Definitions of the tail are read again with it; those before are known from now on.
    if (open > 0) this.links = linksOf(blocks.slice(0, open), this.links, links);
    this.show();
  }

  /** The text is complete. */
  end(): void {
    if (this.ended) return;
    if (this.pendingReturn) this.source += '\n';
    this.pendingReturn = false;
    const tail = lex(this.source.slice(this.tailStart), this.links);
    // A definition may stand after the links that use it.
    const whole = Object.keys(tail.links).length > 0 ? lex(this.source).blocks : [...this.final, ...tail.blocks];
    const shown = [...this.final, ...this.tail];
    const kept = whole.map((token, at) => (isSame(shown[at], token) ? shown[at]! : token));
    this.final.splice(0, Infinity, ...kept);
    this.fullGroups = 0;
    this.tail = [];
    this.tailStart = this.source.length;
    this.links = tail.links;
    this.ended = true;
    this.changed = false;
    this.show();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly shown = (): Groups => this.groups;

  /** Whether the tail begins with these blocks to the letter. The lexer trims some blanks: then they wait for more text. */
  private isPrefix(blocks: readonly MarkdownToken[]): boolean {
    return this.source.startsWith(blocks.map(({ raw }) => raw).join(''), this.tailStart);
  }

  private closed(block: MarkdownToken, links: Links): MarkdownToken[] {
    if (!TAIL_IS_SHOWN_CLOSED.has(block.type)) return [block];
    const text = closeTail(block.raw, block.type === 'paragraph');
    return text === block.raw ? [block] : lex(text, links).blocks;
  }

  private show(): void {
    const blocks = [...this.final.slice(this.fullGroups * GROUP), ...this.tail];
    const groups = this.groups.slice(0, this.fullGroups);
    for (let from = 0; from < blocks.length; from += GROUP) {
      const group = blocks.slice(from, from + GROUP);
      const old = this.groups[groups.length];
      groups.push(old?.length === group.length && old.every((token, at) => token === group[at]) ? old : group);
    }
    this.fullGroups = Math.floor(this.final.length / GROUP);
    this.groups = groups;
    for (const listener of this.listeners) listener();
  }
}

/** The index of the first block that is not final. Blocks of mere space do not count. */
function openFrom(blocks: readonly MarkdownToken[]): number {
  let open = 0;
  for (let at = blocks.length - 1; at >= 0; at--) {
    if (blocks[at]!.type !== 'space') open += 1;
    if (open === OPEN_BLOCKS) return at;
  }
  return 0;
}

function linksOf(final: readonly MarkdownToken[], known: Links, all: Links): Links {
  const named = final.flatMap((token) => (token.type === 'def' && 'tag' in token ? [String(token.tag)] : []));
  const added = named.flatMap((tag) => (all[tag] ? [[tag, all[tag]] as const] : []));
  return added.length > 0 ? { ...known, ...Object.fromEntries(added) } : known;
}

/** The same block, and not one that was shown closed or without its links. */
function isSame(shown: MarkdownToken | undefined, token: MarkdownToken): boolean {
  return shown === token || (shown?.raw === token.raw && JSON.stringify(shown) === JSON.stringify(token));
}
