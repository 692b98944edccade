import { createContext } from 'react';
import type { ArtifactLanguage } from '../sandbox/artifact-protocol';

/** A block of code that is a page or a picture. */
export interface Artifact {
  language: ArtifactLanguage;
  source: string;
}

/** Shows one beside the chat; undefined where there is no room for it. */
export const OpenBesideContext = createContext<((artifact: Artifact) => void) | undefined>(undefined);

/** What a block of code is, by the language of its fence. */
export function artifactLanguage(language: string | undefined): ArtifactLanguage | undefined {
  const name = language?.toLowerCase();
  return name === 'html' || name === 'svg' ? name : undefined;
}
