// Control characters break headers, logs and queue tags, and PostgreSQL stores no NUL; SQS attributes refuse the
// noncharacters; encoders replace half of a surrogate pair.
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const FORBIDDEN = /[\u0000-\u001F\u007F-\u009F\uFFFE\uFFFF]/

/** Says what keeps a name or an id from being stored and sent as it is, or nothing. */
export function plainTextFault(field: string, text: string): string | undefined {
  if (!FORBIDDEN.test(text) && text.isWellFormed()) return undefined
  return `${field} must not contain control characters, noncharacters or unpaired surrogates`
}
