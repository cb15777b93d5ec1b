/** Entries of one page, at most. */
export const MAX_LIMIT = 1_000
/** Entries of one page if the caller does not say. */
export const DEFAULT_LIMIT = 100
