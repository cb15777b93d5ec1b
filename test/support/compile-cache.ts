const { NODE_COMPILE_CACHE } = process.env

/** Environment of child processes that lets them share compiled code; empty where coverage is measured. */
export const COMPILE_CACHE = { ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) }
