import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { burn, type Entry } from '@kenjiuno/msgreader/lib/Burner';
import { expect, it, onTestFinished } from 'vitest';
import { createExtractor } from '../src/extraction/extractor';
import { extractorEntry } from './extractor';
import { read } from './read';

const [DIRECTORY, DOCUMENT, ROOT] = [1, 2, 5];

type Folder = { [name: string]: string | Buffer | Folder };

/** A compound file, as Outlook saves mails; texts are in UTF-16. */
function toCompound(content: Folder): Uint8Array {
  const entries: Entry[] = [];
  const add = (name: string, type: number, folder: Folder): number => {
    const entry: Entry = { name, type, length: 0, children: [] };
    const at = entries.push(entry) - 1;
    for (const [child, value] of Object.entries(folder)) {
      if (typeof value === 'object' && !Buffer.isBuffer(value)) entry.children?.push(add(child, DIRECTORY, value));
      else {
        const bytes = Uint8Array.from(typeof value === 'string' ? Buffer.from(value, 'utf16le') : value);
        const stream = { name: child, type: DOCUMENT, length: bytes.length, binaryProvider: () => bytes };
        entry.children?.push(entries.push(stream) - 1);
      }
    }
    return at;
  };
  add('Root Entry', ROOT, content);
  return burn(entries);
}

it('a mail whose attachment is only linked, as files in a cloud are, is read with the others', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'perennial-outlook-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const path = join(dir, 'plan.msg');
  const mail = toCompound({
    '__properties_version1.0': Buffer.alloc(32),
    '__substg1.0_0037001F': 'Plan',
    '__substg1.0_1000001F': 'The plan is in the cloud.',
    '__attach_version1.0_#00000000': {
      '__properties_version1.0': Buffer.alloc(8),
      '__substg1.0_3707001F': 'plan.docx',
    },
    '__attach_version1.0_#00000001': {
      '__properties_version1.0': Buffer.alloc(8),
      '__substg1.0_3707001F': 'note.txt',
      '__substg1.0_37010102': Buffer.from('It begins in May.'),
    },
  });
  await writeFile(path, mail);
  const extractor = createExtractor({ entry: await extractorEntry(), processes: 1, tempDir: dir });
  onTestFinished(() => extractor.close());
  const { text } = await read(extractor, { path }, { name: 'plan.msg' });
  expect(text).toMatch(
    /# Plan[^]*in the cloud[^]*plan\.docx \(It is not in the mail\.\)[^]*note\.txt[^]*begins in May/,
  );
});
