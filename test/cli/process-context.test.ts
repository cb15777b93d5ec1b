import { EventEmitter, once } from 'node:events'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { Interrupted } from '../../lib/cli/failure.ts'
import { processContext } from '../../lib/cli/process-context.ts'
import { runCli } from '../../lib/cli/run-cli.ts'

/** A process with terminals. */
function startTerminal({ env = {}, terminal = true }: { env?: Record<string, string>; terminal?: boolean } = {}) {
  const stream = () => Object.assign(new PassThrough(), { isTTY: terminal })
  const fake = Object.assign(new EventEmitter(), {
    stdin: stream(),
    stdout: stream(),
    stderr: stream(),
    env,
    cwd: () => '/somewhere'
  })
  return {
    fake,
    context: processContext(fake as unknown as NodeJS.Process),
    read: (of: 'stdout' | 'stderr') => {
      const { readableLength } = fake[of]
      // Without a length, Node 26 reads one chunk only.
      return readableLength === 0 ? '' : String(fake[of].read(readableLength))
    }
  }
}

t.test('on a terminal, progress is shown below the printed lines', async (t) => {
  const { context, read } = startTerminal()
  context.status('Sent 1 event')
  context.status('Sent 1 event')
  context.out('data')
  context.error('a word')
  context.status('')
  context.status('')
  const erased = '\r\x1b[2K'
  const shown = `${erased}Sent 1 event`
  t.equal(read('stderr'), `${shown}${erased}${shown}${erased}a word\n${shown}${erased}`)
  t.equal(read('stdout'), 'data\n')
  const piped = startTerminal({ terminal: false })
  piped.context.status('Sent 1 event')
  piped.context.error('a word')
  t.equal(piped.read('stderr'), 'a word\n')
})

t.test('colours and questions need a terminal', async (t) => {
  t.match(startTerminal().context, { colours: true, folder: '/somewhere' })
  t.match(startTerminal({ env: { NO_COLOR: '1' } }).context, { colours: false })
  t.match(startTerminal({ env: { NO_COLOR: '' } }).context, { colours: true })
  t.match(startTerminal({ terminal: false }).context, { colours: false, ask: undefined })
  const { fake, context, read } = startTerminal()
  const answer = context.ask?.('Really? ')
  await once(fake.stderr, 'readable')
  t.match(read('stderr'), 'Really? ')
  fake.stdin.write('yes\n')
  t.equal(await answer, 'yes')
  const never = context.ask?.('Really? ') as Promise<string>
  fake.emit('SIGINT')
  await t.rejects(never)
  t.match(context.signal, { aborted: true, reason: new Interrupted(130) })
})

t.test('at a question, Ctrl-C interrupts the command and Ctrl-D means no', async (t) => {
  const keys = [
    ['\x03', 130, ''],
    ['\x04', 1, 'Nothing was changed.\n']
  ] as const
  for (const [key, exitCode, printed] of keys) {
    const { fake, context, read } = startTerminal()
    const ended = runCli(['instances', 'delete', 'sales', '--key', 'a-key'], context)
    await once(fake.stderr, 'readable')
    t.match(read('stderr'), 'Delete the instance sales? [y/N] ')
    fake.stdin.write(key)
    t.equal(await ended, exitCode)
    t.equal(read('stderr'), `\n${printed}`)
  }
})

t.test('a closed output ends only commands that do nothing else than print', async (t) => {
  const { fake, context } = startTerminal()
  fake.stderr.emit('error', new Error('EPIPE'))
  fake.stdout.emit('error', new Error('EPIPE'))
  t.equal(context.signal.aborted, false)
  context.endOnClosedOutput()
  fake.stderr.emit('error', new Error('EPIPE'))
  t.equal(context.signal.aborted, false)
  fake.stdout.emit('error', new Error('EPIPE'))
  t.match(context.signal.reason, { exitCode: 0 })
})

t.test('an output that cannot be written is reported once, and makes the command fail', async (t) => {
  const { fake, context, read } = startTerminal({ terminal: false })
  fake.stdout.write = ((_: string, done: (error: Error) => void) => {
    done(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }))
    return false
  }) as typeof fake.stdout.write
  context.out('a line')
  context.out('another line')
  t.equal(read('stderr'), 'The output is not complete: ENOSPC: no space left on device, write\n')
  fake.emit('exit')
  t.match(fake, { exitCode: 1 })
  const { fake: closed, context: other, read: readOther } = startTerminal({ terminal: false })
  closed.stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
  other.out('a line')
  await new Promise(setImmediate)
  closed.emit('exit')
  t.equal(readOther('stderr'), '')
  t.equal((closed as { exitCode?: number }).exitCode, undefined)
})
