/** Injection token of the `Extractor`. */
export const EXTRACTOR = Symbol('EXTRACTOR');
