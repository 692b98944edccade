import { writeFile } from 'node:fs/promises';
import { openBlobsByCall } from '../blobs/open';
import { withCalls } from '../calls';
import type { AddCommands } from '../command';
import { importChats } from '../open-webui/chats';
import { importFiles } from '../open-webui/files';
import { Bases, importKnowledge, placeFiles } from '../open-webui/knowledge';
import { importPeople } from '../open-webui/people';
import { Report } from '../open-webui/report';
import { importSettings } from '../open-webui/settings';
import { OpenWebUi } from '../open-webui/source';
import { type Result, table } from '../output';

interface ImportOptions {
  source: string;
  uploads?: string;
  settings: boolean;
  report?: string;
}

const SHOWN = 20;

/** Moving in from another product. */
export const importFrom: AddCommands = (program, add) =>
  program.command('import', 'Move in from another product', (argv) => {
    add(argv, {
      name: 'open-webui <source>',
      describe: 'People with their passwords, chats, files and knowledge of Open WebUI 0.11 or 0.12; may be repeated',
      options: (options) =>
        options
          .positional('source', {
            type: 'string',
            demandOption: true,
            describe: 'postgres://… without the password (PGPASSWORD has it), or the path of webui.db',
          })
          .option('uploads', {
            type: 'string',
            requiresArg: true,
            describe: 'Its directory of uploads; without it no file comes',
          })
          .option('settings', {
            type: 'boolean',
            default: false,
            describe:
              'Take over settings too: connections to model servers, banners, retrieval; they replace those here',
          })
          .option('report', {
            type: 'string',
            requiresArg: true,
            describe: 'Write what could not come to this file, as JSON',
          }),
      run: (options) => importOpenWebUi(options),
    });
    return argv.demandCommand(1, 'Name a product: open-webui.');
  });

async function importOpenWebUi({ source, uploads, settings, report: path }: ImportOptions): Promise<Result> {
  const report = new Report();
  const from = await OpenWebUi.open(source);
  try {
    await withCalls(async (call) => {
      if (settings) await importSettings(from, call, report);
      const people = await importPeople(from, call, report);
      if (uploads === undefined) {
        const count = await from.count('file');
        if (count > 0)
          report.omit('files', 'all', `${count} files were left out; name the directory of uploads with --uploads`);
      } else {
        const blobs = await openBlobsByCall(call);
        try {
          const bases = (await from.has('knowledge')) ? await importKnowledge(from, people, call, report) : new Bases();
          await importFiles(from, { people, bases, stores: { uploads, blobs } }, call, report);
          await placeFiles(bases, call, report);
        } finally {
          await blobs.close();
        }
      }
      await importChats(from, people, call, report);
    });
  } finally {
    report.end();
    await from.close();
  }
  const data = { counts: report.counts, omissions: report.omissions };
  if (path !== undefined) await writeFile(path, `${JSON.stringify(data, null, 2)}\n`);
  return shown(report, data);
}

function shown({ counts, omissions }: Report, data: unknown): Result {
  const rows = Object.entries(counts).map(([kind, { created, present, omitted }]) => [
    kind,
    String(created),
    String(present),
    String(omitted),
  ]);
  const listed = omissions.slice(0, SHOWN).map(({ kind, id, reason }) => `${kind} ${id}: ${reason}`);
  const rest = omissions.length > SHOWN ? [`… and ${omissions.length - SHOWN} more; --report FILE has them.`] : [];
  const lines = [
    ...table(['', 'IMPORTED', 'HERE ALREADY', 'LEFT OUT'], rows),
    ...(listed.length > 0 ? ['', ...listed, ...rest] : []),
  ];
  return { data, lines };
}
