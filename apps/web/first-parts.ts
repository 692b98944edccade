import type { Rolldown } from 'vite';

const pathOf = (file: string): string => new URL(`src/${file}`, import.meta.url).pathname;

const ENTRY = pathOf('main.tsx');
const WORKSPACE = pathOf('app/workspace.tsx');
/** What people see who are not signed in, or not let in yet. */
const VISITORS = [pathOf('auth/sign-in-page.tsx'), pathOf('app/waiting-notice.tsx')];

/** The frame in which diagrams are drawn loads nothing of the page. */
const FRAME = pathOf('sandbox/draw-diagrams.ts');

type Part = 'shared' | 'page' | 'workspace';

/**
 * Names the file of a module that is loaded at once: by everybody (`page`, and `shared` with the frame of diagrams), or by everybody who is signed in (`workspace`). What is loaded together
 * would otherwise be many small files, because later parts import bits of it, and those are compressed worse.
 */
export function firstPart(part: Part): Rolldown.CodeSplittingNameFunction {
  return (module, context) => (partOf(module, context) === part ? part : null);
}

function partOf(module: string, context: Rolldown.ChunkingContext): Part | undefined {
  const importers = new Set([module]);
  for (const id of importers)
    for (const importer of context.getModuleInfo(id)?.importers ?? []) importers.add(importer);
  // The beginnings of the parts stay files of their own.
  importers.delete(module);
  if (importers.has(ENTRY)) return importers.has(FRAME) ? 'shared' : 'page';
  if (!importers.has(WORKSPACE)) return undefined;
  return VISITORS.some((page) => importers.has(page)) ? 'page' : 'workspace';
}
