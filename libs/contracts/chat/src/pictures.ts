import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';

const Sha256 = z
  .string()
  .length(64)
  .regex(/^[0-9a-f]+$/);

/** Kinds that are kept as pictures: what models read and browsers show. */
export const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp'] as const;

/** Where the bytes of a picture lie. The last part is random, and never used again. */
export const pictureKey = (random: string): string => `pictures/${random}`;

/** The address under which a message refers to a picture; the gateway serves it to the picture's owner. */
export const pictureUrl = (id: string): string => `/api/v1/files/${id}/content`;

/** The id in such an address. */
export const pictureIdOf = (url: string): string | undefined =>
  /\/api\/v1\/files\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/content$/.exec(url)?.[1];

/**
 * Writes down pictures whose bytes are stored already. One that the user has already keeps its id and its bytes; the new ones are removed. A picture to
 * which no message of the user refers within an hour is removed. `PAYLOAD_TOO_LARGE` when the user's storage is full.
 */
export const KEEP_PICTURES = defineCall({
  pattern: 'chat.pictures.keep',
  effect: 'keyed',
  request: z.object({
    pictures: z
      .array(
        z.object({
          blobKey: z.string().max(200),
          size: z.number().int().min(0),
          sha256: Sha256,
          contentType: z.enum(PICTURE_TYPES),
        }),
      )
      .min(1)
      .max(1_000),
  }),
  /** In the order of the request. */
  reply: z.object({ ids: z.array(z.uuid()) }),
});

/** Where the bytes of one of the caller's pictures are. `NOT_FOUND` also when it is somebody else's. */
export const LOCATE_PICTURE = defineCall({
  pattern: 'chat.pictures.locate',
  effect: 'read',
  request: z.object({ pictureId: z.uuid() }),
  reply: z.object({ blobKey: z.string(), contentType: z.string(), size: z.number().int(), sha256: z.string() }),
});
