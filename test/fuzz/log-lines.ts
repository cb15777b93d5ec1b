/** Log lines of level error that are expected: SQS is away, an event is too large. */
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

/** Returns unexpected lines of a server's output: errors, and lines that are not of its log. */
export function unexpectedLines(output: string): string[] {
  const lines = output.slice(output.indexOf('\n\n', output.indexOf('is ready'))).split('\n')
  return lines.filter((text) => {
    if (text === '') return false
    if (!text.startsWith('{')) return true
    const line = JSON.parse(text) as LogLine
    return line.level >= 50 && !EXPECTED.some((expects) => expects(line))
  })
}
