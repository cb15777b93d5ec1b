/** Whether an answer is what the page builds upon: at this address there may be another server, or a proxy's own page. */
export type AnswerCheck = (answer: unknown) => boolean

type Kind = 'string' | 'number' | 'object' | 'list'

export function objectWith(members: Record<string, Kind>): AnswerCheck {
  return (answer) =>
    kindOf(answer) === 'object' &&
    Object.entries(members).every(([name, kind]) => kindOf((answer as Record<string, unknown>)[name]) === kind)
}

export function listOf(item: AnswerCheck): AnswerCheck {
  return (answer) => Array.isArray(answer) && answer.every(item)
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  return value === null ? 'null' : typeof value
}
