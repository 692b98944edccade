/** After this many unfinished attempts the model is not called again. */
export const MAX_TRIES = 3;
/** What comes later than this is of little use. */
export const LIMIT_MS = 60_000;
