import { Archive } from '../archive';
import { refuse } from '../messages';
import type { FormatReader, Fragment, Reading } from '../reading';

/** Folders and files that programs leave in archives. */
const LEFT_BY_PROGRAMS = /(?:^|\/)(?:__MACOSX\/|\.|Thumbs\.db$|desktop\.ini$)/i;
const LONGEST_NAME = 200;

/**
 * A zip archive as a folder: each file under its path, read like an uploaded one. Its number of files, their depth, and what they unpack to are
 * limited; a file that cannot be read has a note.
 */
export const readZip: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const archive = await Archive.open(reading.path, reading.limits, reading.expansion);
  try {
    const names = archive.names.filter((name) => !name.endsWith('/') && !LEFT_BY_PROGRAMS.test(name)).sort();
    if (names.length > reading.limits.maxPages) throw refuse.tooManyPages(names.length, 'files', reading.limits);
    let read = 0;
    for (const [at, name] of names.entries()) {
      const path = name.replace(/\s+/g, ' ').slice(-LONGEST_NAME);
      const found = yield* reading.attached({ name: path, contentType: '', bytes: archive.stream(name) });
      if (found) read += 1;
      reading.progress(at + 1, names.length);
    }
    if (read === 0)
      throw refuse.unsupported('This is a zip archive without a file that can be read', 'Upload its files one by one.');
  } finally {
    archive.close();
  }
};
