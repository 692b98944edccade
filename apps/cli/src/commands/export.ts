import { openBlobsByCall } from '../blobs/open';
import { withCalls } from '../calls';
import type { AddCommands } from '../command';
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
      const progress = new Progress({ label: 'export', unit: 'documents' });
      try {
        const data = await withCalls(async (call) => {
          const person = onBehalfOf((await findPerson(call, email)).id);
          const blobs = await openBlobsByCall(call);
          return exportPerson({ call, blobs, person, directory, onWritten: () => progress.add(1) }).finally(() =>
            blobs.close(),
          );
        });
        const lines = [
          `${data.chats} chats, ${data.files} files and ${data.knowledge} knowledge bases of ${email} are in ${directory}.`,
          ...data.missingFiles.map((id) => `The bytes of the file ${id} are not in the blob store.`),
        ];
        return { data, lines };
      } finally {
        progress.end();
      }
    },
  });
