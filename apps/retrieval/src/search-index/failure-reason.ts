import { CallError } from '@perennial/contracts-kernel';
import { VectorStoreError } from '@perennial/vector-store';
import { EmbeddingError } from '../embedding/embedding-error';

/** Why indexing does not continue, for an admin. An unexpected error's stack is in the log only. */
export function reasonOf(error: unknown): string {
  if (error instanceof EmbeddingError) return error.message;
  if (error instanceof VectorStoreError) return `The vector store: ${error.message}`;
  if (error instanceof CallError) return error.message;
  return 'An unexpected error; the log of the retrieval worker has it';
}
