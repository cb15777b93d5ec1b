/** Tests an answer before the page uses it: at this address may be another server, or the page of a proxy. */
export type AnswerCheck<T> = (answer: unknown) => answer is T

type Kind<Value> = Value extends string
  ? 'string'
  : Value extends number
    ? 'number'
    : Value extends readonly unknown[]
      ? 'list'
      : Value extends object
        ? 'object'
        : never

/** Tests for an object with at least these members of `T`. */
export function objectWith<T extends object>(members: { [Name in keyof T]?: Kind<T[Name]> }): AnswerCheck<T> {
  return (answer): answer is T =>
    kindOf(answer) === 'object' &&
    Object.entries(members).every(([name, kind]) => kindOf((answer as Record<string, unknown>)[name]) === kind)
}

/** Tests for a list, each entry of which passes `item`. */
export function listOf<T>(item: AnswerCheck<T>): AnswerCheck<T[]> {
  return (answer): answer is T[] => Array.isArray(answer) && answer.every(item)
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  return value === null ? 'null' : typeof value
}
