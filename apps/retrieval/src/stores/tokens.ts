/** Injection token of the `BlobStore`. */
export const BLOB_STORE = Symbol('BLOB_STORE');
/** Injection token of the `VectorStores`: the installation's and those of placements. */
export const VECTOR_STORES = Symbol('VECTOR_STORES');
