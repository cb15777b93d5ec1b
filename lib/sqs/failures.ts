/** The name of an AWS error, or the system's code (`ECONNREFUSED`) of a call that never got an answer. */
export function failureCode(error: unknown): string {
  if (!(error instanceof Error)) return 'Unknown'
  const { code, name } = error as Error & { code?: unknown }
  if (name !== 'Error' && name !== 'AggregateError') return name
  return typeof code === 'string' ? code : name
}

export function failureMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message || failureCode(error)
}

/** The HTTP status of AWS's answer; `undefined` when there was none. */
export function answerStatus(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
}

/** Protocol variants spell it in several ways. */
export function isQueueMissing(error: unknown): boolean {
  return /QueueDoesNotExist|NonExistentQueue/.test(failureCode(error))
}

export function isAccessDenied(error: unknown): boolean {
  return /AccessDenied/.test(failureCode(error))
}

export function isQueueExisting(error: unknown): boolean {
  return /QueueNameExists|QueueAlreadyExists/.test(failureCode(error))
}
