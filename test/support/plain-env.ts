/** The environment for programs that run without tap's hook on `require()`, which does not strip types. */
export const PLAIN_ENV = { ...process.env, _TAPJS_PROCESSINFO_EXCLUDE_: '/./' }
