/** Lines of level error that tell of what is done to the server: SQS is away, an event is too large. */
const EXPECTED: ((line: LogLine) => boolean)[] = [
  ({ msg, err }) => msg === 'A request failed' && /^IEV_(SQS|BACKPRESSURE|QUEUE)/.test(err?.code ?? ''),
  ({ msg, instance }) => msg === 'An event was given up on and became a dead letter' && instance !== 'well-behaved'
]

interface LogLine {
  level: number
  msg: string
  instance?: string
  err?: { code?: string }
}

/** What a server printed that it should not have: unexpected errors, and what is no line of its log. */
export function unexpectedLines(output: string): string[] {
  const lines = output.slice(output.indexOf('\n\n', output.indexOf('is ready'))).split('\n')
  return lines.filter((text) => {
    if (text === '') return false
    if (!text.startsWith('{')) return true
    const line = JSON.parse(text) as LogLine
    return line.level >= 50 && !EXPECTED.some((expects) => expects(line))
  })
}
