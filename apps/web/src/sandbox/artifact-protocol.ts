/**
 * What the page and the frame that shows artifacts tell each other. What a model wrote runs in the frame and can say all of it too: the page does no more for
 * these words than a reader can do with a button.
 */
export const ARTIFACT_VERSION = 1;

/** A longer source is not shown. In UTF-16 units. */
export const MOST_ARTIFACT = 1_000_000;

export const ARTIFACT_LANGUAGES = ['html', 'svg'] as const;
export type ArtifactLanguage = (typeof ARTIFACT_LANGUAGES)[number];

/** To the frame: show this. It does so once. */
export interface ShowMessage {
  version: typeof ARTIFACT_VERSION;
  kind: 'show';
  language: ArtifactLanguage;
  source: string;
}

/** `alive`: each second while its scripts leave time for it. `refused`: it wanted to load something. `leave`: Escape was pressed in it. */
const KINDS = ['ready', 'alive', 'refused', 'leave'] as const;

export interface ArtifactMessage {
  version: typeof ARTIFACT_VERSION;
  kind: (typeof KINDS)[number];
}

/** A message that is one to the frame; undefined for anything else. */
export function toShowMessage(data: unknown): ShowMessage | undefined {
  if (!isOfVersion(data) || data['kind'] !== 'show') return undefined;
  const { source } = data;
  const language = ARTIFACT_LANGUAGES.find((name) => name === data['language']);
  if (!language || typeof source !== 'string' || source.length > MOST_ARTIFACT) return undefined;
  return { version: ARTIFACT_VERSION, kind: 'show', language, source };
}

/** A message that is one from the frame; undefined for anything else. */
export function toArtifactMessage(data: unknown): ArtifactMessage | undefined {
  if (!isOfVersion(data)) return undefined;
  const kind = KINDS.find((name) => name === data['kind']);
  return kind && { version: ARTIFACT_VERSION, kind };
}

function isOfVersion(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && 'version' in data && data.version === ARTIFACT_VERSION;
}
