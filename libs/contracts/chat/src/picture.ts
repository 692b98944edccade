/** Kinds that are kept as pictures: what models read and browsers show. */
export const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp'] as const;

/** Where the bytes of a picture lie. The last part is random, and never used again. */
export const pictureKey = (random: string): string => `pictures/${random}`;

/** The address under which a message refers to a picture; the gateway serves it to the picture's owner. */
export const pictureUrl = (id: string): string => `/api/v1/files/${id}/content`;

/** The id in such an address. There may be a host before it, ours or another: only whose picture it is tells them apart. */
export const parsePictureId = (url: string): string | undefined =>
  /\/api\/v1\/files\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/content$/.exec(url)?.[1];
