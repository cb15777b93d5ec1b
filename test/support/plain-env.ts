/** The environment of a program that a test runs without tap's hook on `require()`, which keeps types in what it loads. */
export const PLAIN_ENV = { ...process.env, _TAPJS_PROCESSINFO_EXCLUDE_: '/./' }
