/** Injection token of the blob store for pictures. */
export const PICTURE_STORE = Symbol('PICTURE_STORE');
