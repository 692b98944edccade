import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.mjs';

/**
 * Retired names, so that none is reintroduced from memory or from an old branch. docs/glossary.md has their replacements. Each is exact, and
 * none may be an ordinary English word. A name is added in the commit that retires it; later the list may only shrink.
 */
export const RETIRED = [
  ...['@Endpoint', '@From', '@Input', 'furnish', 'limitArrival', 'StrangerPlaces', 'LAST_WORDS_MS', 'isOpenAiDoor'],
  ...['notYourChat', 'notYourFile', 'notYourBase', 'ofYourChat', 'ofYourFile', 'ofYourBase', 'ConnectionsHeld'],
  ...['Seizure', 'seizure', 'Pen', 'PenHost', 'RunHub', 'RUN_HUB', 'createRunHub', 'HubRun', 'HubRuns', 'HeldRegistry'],
  ...[
    'InterestWatch',
    'EpochBases',
    'TornText',
    'ReplicaPulse',
    'Suspicion',
    'Outbox',
    'Seam',
    'SecretBox',
    'SecretBoxError',
  ],
  ...['HeldRuns', 'HeldFiles', 'HeldWork', 'TakenRun', 'TakenFile', 'onTakenBack', 'IndexWishes'],
  ...['patiently', 'PatienceOptions', 'patienceMs', 'PATIENCE_MS', 'unlessAborted', 'foregone'],
  ...['poolOf', 'blobKeyOf', 'embeddingOf', 'zipOf', 'pdfOf', 'docxOf', 'xlsxOf', 'odtOf', 'epubOf', 'pptxOf', 'odsOf'],
  ...['wordOf', 'tableOf', 'principalOf', 'tokenOf', 'onceKeyOf', 'gramsOf', 'distanceOf', 'credentialsOf', 'configOf'],
  ...[
    'networkOf',
    'weightsOf',
    'fileNameOf',
    'conditionOf',
    'whereOf',
    'chatChangeOf',
    'messageChangesOf',
    'userRowOf',
  ],
  ...['sessionProfileOf', 'schemaOf', 'packetOf', 'finishReasonOf', 'turnOf', 'rangeOf', 'queriesOf', 'permissionsOf'],
  ...['UploadSlots', 'mapLimited', 'isPassing', 'LiveStep', 'untilAborted'],
  ...['dispositionOf', 'idempotencyKeyOf', 'pictureIdOf', 'appConfigOf', 'faultOf'],
];

/** Files about history, or that name them on purpose. */
const HISTORY = /^(CHANGELOG\.md|docs\/results\/|tools\/check\/src\/retired\.)|\/migrations\//;

const NAME = new RegExp(`(?<![\\w$])(?:${RETIRED.join('|')})(?![\\w$])`, 'g');

/**
 * Retired names in one file.
 *
 * @param {string} path
 * @param {string} text
 * @returns {string[]} each begins with `path:line`
 */
export function retiredIn(path, text) {
  if (HISTORY.test(path)) return [];
  return text
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(NAME)].map(([name]) => `${path}:${index + 1} ${name} is retired, see docs/glossary.md`),
    );
}

/** Retired names in every source and page that is tracked or could be. */
export function checkRetired() {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.tsx', '*.mjs', '*.md'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return listed
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)))
    .flatMap((path) => retiredIn(path, readFileSync(join(ROOT, path), 'utf8')));
}
