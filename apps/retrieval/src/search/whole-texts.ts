import { Injectable } from '@nestjs/common';
import { SearchRepository, type SearchResource, type WholeText } from './search.repository';

/** Most UTF-16 units of all texts of one answer: more than any model reads, and what one reply can carry. */
const MAX_LENGTH = 1_000_000;
/** Approximate length of a text's metadata. */
const ABOUT_LENGTH = 200;
/** Most files of a base whose text is given whole. */
const MAX_FILES_OF_BASE = 1_000;

/** Whole documents, for queries that request them. */
@Injectable()
export class WholeTexts {
  constructor(private readonly repository: SearchRepository) {}

  /** The texts of each item by its id, as far as they fit; a file without text is left out. */
  async read(
    items: readonly SearchResource[],
  ): Promise<{ found: Map<string, readonly WholeText[]>; truncated: boolean }> {
    const found = new Map<string, readonly WholeText[]>();
    let left = MAX_LENGTH;
    let truncated = false;
    for (const { type, id } of items) {
      const files = type === 'file' ? [id] : await this.repository.filesOfBase(id, MAX_FILES_OF_BASE);
      const texts: WholeText[] = [];
      for (const fileId of files) {
        if (left <= 0) break;
        const text = await this.repository.wholeText(fileId, left);
        if (!text) continue;
        texts.push(text);
        left -= text.text.length + 2 * text.name.length + ABOUT_LENGTH;
        truncated ||= text.truncated;
      }
      truncated ||= left <= 0;
      found.set(id, texts);
    }
    return { found, truncated };
  }
}
