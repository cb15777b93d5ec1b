import { resolve } from 'node:path'

/** Environment of child processes in which no coverage is measured, and which share compiled code. */
export const UNMEASURED = { NODE_COMPILE_CACHE: resolve('.tap/compile-cache'), _TAPJS_PROCESSINFO_COVERAGE_: '0' }
