import t from 'tap'
import { ConfigInvalidError } from '../../lib/errors.ts'
import { withMessages } from '../../lib/error-class.ts'
import { reportFailedStart } from '../../lib/standalone/failed-start.ts'

/** What a failed start prints, and the code with which it ends the process. */
function report(error: Error, stopping = false) {
  const seen: { printed: string; code?: number } = { printed: '' }
  // The two members of a process that are used.
  const process = {
    stderr: { write: (text: string) => void (seen.printed += text) },
    exit: (code: number) => void (seen.code = code)
  } as unknown as NodeJS.Process
  reportFailedStart(error, { stopping, process })
  return seen
}

t.test('a failed start prints each fault, or the stack of an unexpected error, and ends with 1', async (t) => {
  const faults = withMessages(new ConfigInvalidError('both'), ['SERVER_PORT: wrong', 'LOG_LEVEL:\u001B[2J wrong'])
  t.strictSame(report(new ConfigInvalidError('SERVER_PORT: wrong')), {
    printed: 'The server was not started:\n  SERVER_PORT: wrong\n',
    code: 1
  })
  const { printed } = report(faults)
  t.match(printed, /^The server was not started:\n {2}SERVER_PORT: wrong\n {2}LOG_LEVEL:/)
  t.notMatch(printed, '\u001B', 'nothing that a terminal obeys')
  t.match(report(new Error('unexpected')), { printed: /Error: unexpected\n\s+at /, code: 1 })
})

t.test('a start that was stopped is no failure', async (t) => {
  t.strictSame(report(new Error('closed'), true), { printed: '' })
})
