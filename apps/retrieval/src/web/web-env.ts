import { flag, integer, list, variable } from '@perennial/runtime';
import { z } from 'zod';

/** How web pages are read for people. */
export const webEnv = {
  ENABLE_RAG_LOCAL_WEB_FETCH: variable(flag().default(false), {
    description:
      'Whether web pages may be read from private addresses, such as those of this network. Everyone who may add documents can then read what retrieval can reach there.',
  }),
  WEB_FETCH_FILTER_LIST: variable(list(',').default([]), {
    description:
      'Hosts whose web pages are not read, each with a leading `!`; a host stands for those below it too. Entries without `!` are the only hosts that are read.',
    example: '!intranet.example.com',
  }),
  WEB_LOADER_TIMEOUT: variable(integer(1, 600).default(30), {
    description:
      'Seconds that a web page may take, redirects and its last byte included. A page that a person waits for may take 50 at most; longer times are for pages of sources.',
  }),
  WEB_LOADER_MAX_BYTES: variable(integer(1_024).default(50_000_000), {
    description: 'Bytes, unpacked, that one web page or document may have when it is read from its server.',
  }),
};

export type WebEnv = z.output<z.ZodObject<typeof webEnv>>;
