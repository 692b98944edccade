import { placedKey } from '@perennial/contracts-kernel';

/** Media types that are stored as pictures: models read them and browsers show them. */
export const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp'] as const;

/** Key of a picture of somebody with this placement in the blob store. `random` is never reused. */
export const pictureKey = (random: string, placement?: string): string => placedKey(placement, `pictures/${random}`);

/** The address under which a message refers to a picture; the gateway serves it to the picture's owner. */
export const pictureUrl = (id: string): string => `/api/v1/files/${id}/content`;

/**
 * The picture id in an address. The address may have a host, ours or another's: only the owner check tells them apart.
 */
export const parsePictureId = (url: string): string | undefined =>
  /\/api\/v1\/files\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/content$/.exec(url)?.[1];
