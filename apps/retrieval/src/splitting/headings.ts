import { characterBoundary, type Range, trimmed } from './pieces';

/** The text under one heading, including the heading's line. */
export interface Section extends Range {
  /** Its headings, outermost first. */
  path: string[];
}

const HEADING = /^ {0,3}(#{1,6})[ \t]+(?=\S)/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
/** Most characters of a line that are examined: a heading is short, and a chunk's title must be. */
const LONGEST_HEADING = 200;

/** Finds the headings of Markdown (`#` to `######`), through all parts of one document. A `#` within a fenced block is code. */
export class Headings {
  private path: { level: number; title: string }[] = [];
  private fence: string | undefined;

  /** Another page or sheet begins. */
  reset(): void {
    this.path = [];
    this.fence = undefined;
  }

  /**
   * The sections of the next part, which together are the part. An empty section's heading is the first line of the next section: a title
   * alone answers no question, yet matches many.
   */
  sections(text: string): Section[] {
    const sections: Section[] = [];
    let start = 0;
    let hasBody = false;
    let path = this.titles();
    for (let at = 0; at < text.length;) {
      const newline = text.indexOf('\n', at);
      const next = newline === -1 ? text.length : newline + 1;
      const line = mayBeMark(text, at)
        ? text.slice(at, characterBoundary(text, Math.min(next, at + LONGEST_HEADING + 10)))
        : undefined;
      const level = line === undefined ? undefined : this.level(line);
      if (line === undefined || level === undefined) {
        hasBody ||= trimmed(text, { start: at, end: next }) !== undefined;
      } else {
        if (hasBody) {
          sections.push({ start, end: at, path });
          start = at;
          hasBody = false;
        }
        this.enter(level, titleOf(line));
        path = this.titles();
      }
      at = next;
    }
    if (start < text.length) sections.push({ start, end: text.length, path });
    return sections;
  }

  /** The level of the heading that this line is; undefined when it is none. */
  private level(line: string): number | undefined {
    const fence = FENCE.exec(line)?.[1];
    if (fence !== undefined) {
      if (this.fence === undefined) this.fence = fence;
      else if (fence.startsWith(this.fence)) this.fence = undefined;
      return undefined;
    }
    return this.fence === undefined ? HEADING.exec(line)?.[1]?.length : undefined;
  }

  private enter(level: number, title: string): void {
    this.path = this.path.filter((heading) => heading.level < level);
    this.path.push({ level, title });
  }

  private titles(): string[] {
    return this.path.map((heading) => heading.title).filter((title) => title !== '');
  }
}

/** Whether a line may be a heading or a fence, so that most lines need no further check. */
function mayBeMark(text: string, at: number): boolean {
  let first = at;
  while (first < at + 3 && text.charCodeAt(first) === 32) first += 1;
  const code = text.charAt(first);
  return code === '#' || code === '`' || code === '~';
}

/** The words of a heading: without its marks and its emphasis. */
function titleOf(line: string): string {
  const words = line
    .replace(HEADING, '')
    .trim()
    .replace(/(?:^|[ \t])#+$/, '')
    .replace(/[*`]/g, '')
    .trim();
  return words.slice(0, characterBoundary(words, LONGEST_HEADING)).trim();
}
