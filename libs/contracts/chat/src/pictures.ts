import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { PICTURE_TYPES } from './picture';

const Sha256 = z
  .string()
  .length(64)
  .regex(/^[0-9a-f]+$/);

/**
 * Records pictures whose bytes are stored already. A picture that the user has already keeps its id and its bytes, and the new bytes are
 * removed. A picture that no message of the user shows within an hour is removed. `PAYLOAD_TOO_LARGE` when the user's storage is full.
 */
export const keep = defineCall({
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

/** Where the bytes of one of the caller's pictures are. `NOT_FOUND` also when it belongs to another user. */
export const locate = defineCall({
  pattern: 'chat.pictures.locate',
  effect: 'read',
  request: z.object({ pictureId: z.uuid() }),
  reply: z.object({ blobKey: z.string(), contentType: z.string(), size: z.number().int(), sha256: z.string() }),
});
