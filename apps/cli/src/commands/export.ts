import { blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import { z } from 'zod';
import { withCalls } from '../calls';
import type { AddCommands } from '../command';
import { environment } from '../environment';
import { exportPerson } from '../people/export-person';
import { findPerson, onBehalfOf } from '../people/find-person';
import { Progress } from '../progress';

/** Everything of one person, as files. */
export const exportAll: AddCommands = (program, add) =>
  add(program, {
    name: 'export <directory>',
    describe: 'Write everything of one person into an empty directory: account, settings, chats, files, knowledge',
    options: (options) =>
      options
        .positional('directory', { type: 'string', demandOption: true })
        .option('email', { type: 'string', demandOption: true, requiresArg: true }),
    run: async ({ directory, email }) => {
      const blobs = await createBlobStore(environment(z.object(blobStoreEnv)));
      const progress = new Progress({ label: 'export', unit: 'documents' });
      try {
        const data = await withCalls(async (call) => {
          const person = onBehalfOf((await findPerson(call, email)).id);
          return exportPerson({ call, blobs, person, directory, onWritten: () => progress.add(1) });
        });
        const lines = [
          `${data.chats} chats, ${data.files} files and ${data.knowledge} knowledge bases of ${email} are in ${directory}.`,
          ...data.missingFiles.map((id) => `The bytes of the file ${id} are not in the blob store.`),
        ];
        return { data, lines };
      } finally {
        progress.end();
        await blobs.close();
      }
    },
  });
