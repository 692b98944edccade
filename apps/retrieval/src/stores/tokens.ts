/** Injection token of the `BlobStore`. */
export const BLOB_STORE = Symbol('BLOB_STORE');
/** Injection token of the `VectorStore`. */
export const VECTOR_STORE = Symbol('VECTOR_STORE');
/** Injection token of the `VectorStores`: the one above and those of placements. */
export const VECTOR_STORES = Symbol('VECTOR_STORES');
