import { integer, variable } from '@perennial/runtime';

/** Variables of the gateway for uploads. */
export const uploadEnv = {
  MAX_FILE_BYTES: variable(integer(1, 1_099_511_627_776).default(2_147_483_648), {
    description: 'Largest uploaded file in bytes; larger ones get 413. An admin may set less (`FILE_MAX_SIZE`).',
  }),
  MAX_UPLOADS: variable(integer(1, 10_000).default(32), {
    description:
      'Uploads that one replica takes at once; beyond that 503 with Retry-After. With another `STORAGE_PROVIDER` than `local` each holds up to 10 MB.',
  }),
  MAX_UPLOADS_PER_USER: variable(integer(1, 10_000).default(6), {
    description: 'Uploads of one user that one replica takes at once; beyond that 429 with Retry-After.',
  }),
};
