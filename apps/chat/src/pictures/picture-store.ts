/** Injection token of the store that holds the bytes of pictures. */
export const PICTURE_STORE = Symbol('PICTURE_STORE');
