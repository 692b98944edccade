export { chatEnv as env } from '../env';
export { MIGRATIONS as migrations } from '../migrations';

/** The keys of the blobs that rows refer to. */
export const blobKeys = 'SELECT blob_key FROM chat.pictures';
