import { CallError, type UserPrincipal } from '@perennial/contracts-kernel';
import { allowsConnection, type Placements } from '@perennial/runtime';
import type { EmbeddingConfig } from '../embedding/embedding-config';

/** Something that was stored for people with one placement; null: in the installation's own stores. */
export interface Resident {
  residence: string | null;
}

/** The residence of this user's data. */
export function residenceOf({ placement }: UserPrincipal): string | null {
  return placement ?? null;
}

/**
 * The residence of what this user stores now.
 *
 * @throws CallError FAILED_PRECONDITION when this process does not know the placement: it could not tell where the data goes
 */
export function newResidence(user: UserPrincipal, placements: Placements): string | null {
  const residence = residenceOf(user);
  if (residence === null || placements.has(residence)) return residence;
  throw new CallError(
    'FAILED_PRECONDITION',
    `Your data belongs in the placement "${residence}", which is not set up here. Tell an administrator.`,
    { reason: 'placement' },
  );
}

/**
 * Refuses to use stored data for a user whose data belongs elsewhere: its text would go to model servers that one of the two does not allow.
 * Reading, downloading and deleting it stay possible.
 *
 * @param what names it in the error, for example `knowledge base`
 */
export function assertResidence(user: UserPrincipal, { residence }: Resident, what: string): void {
  if (residence === residenceOf(user)) return;
  const where = residence === null ? 'the stores of this installation' : `the placement "${residence}"`;
  throw new CallError(
    'FAILED_PRECONDITION',
    `This ${what} is kept in ${where}, and your data belongs elsewhere. It can be read and deleted, but not used here. Upload it again to use it.`,
    { reason: 'placement' },
  );
}

/** Why texts of this residence may not be sent to the embedder; undefined: they may. */
export function refusalOfEmbedder(
  placements: Placements,
  residence: string | null,
  { engine, openai, ollama }: Pick<EmbeddingConfig, 'engine'> & { openai: { url: string }; ollama: { url: string } },
): string | undefined {
  const servers = { '': 'local', openai: openai.url, ollama: ollama.url };
  if (allowsConnection(placements, residence, [servers[engine]])) return undefined;
  return `The embedding model is on a server that this data may not be sent to (placement "${residence}").`;
}
