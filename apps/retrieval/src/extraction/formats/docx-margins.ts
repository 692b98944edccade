import type { Archive } from '../archive';
import { mainPart, relationsOf } from '../office';
import { localName, readXml } from '../xml';

/** More than anybody writes on a document. */
const MOST_COMMENTS = 10_000;
const LONGEST_COMMENT = 4_000;

/** Comments of a Word document by their ids: `Comment by Ada: …`. */
export async function commentsOf(archive: Archive): Promise<Map<string, string>> {
  const comments = new Map<string, string>();
  for (const part of await partsOf(archive, ['comments'])) {
    let id: string | undefined;
    let author = '';
    for (const { open, text } of await paragraphsOf(archive, part)) {
      if (open?.['w:id'] !== undefined) [id, author] = [open['w:id'], open['w:author'] ?? ''];
      if (id === undefined || text.trim() === '' || comments.size >= MOST_COMMENTS) continue;
      const known = comments.get(id) ?? `Comment${author === '' ? '' : ` by ${author}`}:`;
      comments.set(id, `${known} ${text.trim()}`.slice(0, LONGEST_COMMENT));
    }
  }
  return comments;
}

/** What stands above and below the pages, each text once. Numbers of pages alone are left out. */
export async function headersAndFooters(archive: Archive): Promise<string[]> {
  const texts = new Set<string>();
  for (const part of await partsOf(archive, ['header', 'footer'])) {
    for (const { text } of await paragraphsOf(archive, part)) {
      const line = text.replace(/\s+/g, ' ').trim();
      if (/\p{L}{3}/u.test(line)) texts.add(line);
    }
  }
  return [...texts];
}

async function partsOf(archive: Archive, types: readonly string[]): Promise<string[]> {
  const main = await mainPart(archive);
  if (main === undefined) return [];
  const related = [...(await relationsOf(archive, main)).values()];
  return related.filter(({ type, target }) => types.includes(type) && archive.has(target)).map(({ target }) => target);
}

interface MarginParagraph {
  text: string;
  /** Attributes of the comment that begins with it. */
  open?: Record<string, string>;
}

async function paragraphsOf(archive: Archive, part: string): Promise<MarginParagraph[]> {
  const found: MarginParagraph[] = [];
  let text = '';
  let open: Record<string, string> | undefined;
  let inText = false;
  await readXml(archive.text(part), {
    open: ({ name, attributes }) => {
      const local = localName(name);
      if (local === 'comment') open = attributes;
      else if (local === 't') inText = true;
      else if (local === 'tab' || local === 'br') text += ' ';
    },
    text: (piece) => {
      if (inText) text += piece;
    },
    close: (name) => {
      const local = localName(name);
      if (local === 't') inText = false;
      else if (local === 'p') {
        found.push({ text, open });
        text = '';
        open = undefined;
      }
    },
  });
  return found;
}
