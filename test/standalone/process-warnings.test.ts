import { EventEmitter } from 'node:events'
import t from 'tap'
import { takeWarnings } from '../../lib/standalone/process-warnings.ts'
import { API_KEY, folder } from '../support/build.ts'
import { startStandalone } from '../support/standalone.ts'
import { until } from '../support/until.ts'

const warning = (name: string, message: string) => Object.assign(new Error(message), { name })

t.test('warnings are passed on, except that SQLite is experimental', async (t) => {
  const process = new EventEmitter()
  const [printed, taken]: [string[], string[]] = [[], []]
  process.on('warning', ({ message }: Error) => printed.push(message))
  takeWarnings(process as NodeJS.Process, ({ message }) => taken.push(message))
  process.emit(
    'warning',
    warning('ExperimentalWarning', 'SQLite is an experimental feature and might change at any time')
  )
  process.emit('warning', warning('ExperimentalWarning', 'Something else is'))
  process.emit('warning', warning('DeprecationWarning', 'SQLite is spelt so'))
  t.same({ printed, taken }, { printed: [], taken: ['Something else is', 'SQLite is spelt so'] })
})

t.test('with --no-warnings, no warnings are passed on', async (t) => {
  const process = new EventEmitter()
  takeWarnings(process as NodeJS.Process, () => t.fail('a warning was taken'))
  t.equal(process.listenerCount('warning'), 0)
})

t.test('a warning of Node is logged by the server', async (t) => {
  const emits = 'process.on("SIGUSR2",()=>process.emitWarning("Something-is-odd"))'
  const env = {
    SQS_ENABLED: 'false',
    AUTHENTICATION_API_KEY: API_KEY,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(emits)}`
  }
  const { process: server, output } = await startStandalone(t, { cwd: folder(t), env })
  server.kill('SIGUSR2')
  await until(() => output().includes('Something-is-odd'))
  t.match(output(), /^\{"level":40,.*"msg":"Something-is-odd"\}$/m)
})
