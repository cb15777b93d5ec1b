// Control characters break headers, logs and queue tags, and PostgreSQL does not store NUL. SQS refuses noncharacters in
// attributes. Encoders replace unpaired surrogates.
// oxlint-disable-next-line no-control-regex -- matches control characters on purpose
const FORBIDDEN = /[\u0000-\u001F\u007F-\u009F\uFFFE\uFFFF]/

/** True if a name or an id can be stored and sent as it is. */
export function isPlainText(text: string): boolean {
  return !FORBIDDEN.test(text) && text.isWellFormed()
}

/** Returns why a name or an id cannot be stored and sent as it is; `undefined` if it can. */
export function plainTextFault(field: string, text: string): string | undefined {
  if (isPlainText(text)) return undefined
  return `${field} must not contain control characters, noncharacters or unpaired surrogates`
}
