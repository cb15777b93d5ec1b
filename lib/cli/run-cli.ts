import { parseArgs } from 'node:util'
import { moveLog, type Moved } from '../store/move-log.ts'

const USAGE = `Usage: fastify-instance-events migrate --from file:<path> --to postgres://<user>:<password>@<host>/<database>

Copies the event log of a server that was stopped from SQLite into an empty PostgreSQL schema: instances and their tokens,
selections, events at their offsets, pending deliveries, dead letters. Stopped at any point, it goes on there when it is run
again. Exits with 0 when all is there and was counted, with 1 when it is not, with 2 when it was not called like this.`

/** No more often than this. */
const PROGRESS_MS = 1_000
const NAMES = { events: 'events', pending: 'pending deliveries', deadLetters: 'dead letters' }

export interface CliContext {
  out: (line: string) => void
  error: (line: string) => void
  /** Of a test's own. @default 'instance_events' */
  schema?: string
}

/** What is done from a shell. @returns the exit code */
export async function runCli(args: readonly string[], { out, error, ...rest }: CliContext): Promise<number> {
  const options = optionsOf(args)
  if (typeof options === 'string') {
    error(options === '' ? USAGE : `${options}\n\n${USAGE}`)
    return 2
  }
  try {
    const { counts, already } = await moveLog({ ...options, ...rest, progress: reporter(out) })
    const rows = Object.entries(counts).map(([name, count]) => `  ${name.padEnd(12)}${count.toLocaleString('en')}`)
    out([already ? 'It was migrated already:' : 'Migrated, and counted on both sides:', ...rows].join('\n'))
    return 0
  } catch (thrown) {
    const { code, message, stack } = thrown as Error & { code?: string }
    error(code === undefined ? String(stack) : message)
    error('It was not migrated. What is in the file is untouched; run the same command again once the cause is mended.')
    return 1
  }
}

/** @returns what is wrong with them, if anything is */
function optionsOf(args: readonly string[]): { from: string; to: string } | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { from: { type: 'string' }, to: { type: 'string' } }
    })
    const { from, to } = values
    if (positionals.join() !== 'migrate' || from === undefined || to === undefined) return ''
    return { from, to }
  } catch (error) {
    return (error as Error).message
  }
}

/** Says how far it is, every now and then, and the end of each kind. */
function reporter(out: (line: string) => void): (moved: Moved) => void {
  let last = performance.now()
  return ({ what, done, of }) => {
    if (done < of && performance.now() - last < PROGRESS_MS) return
    last = performance.now()
    out(`${NAMES[what]}: ${done.toLocaleString('en')} of ${of.toLocaleString('en')}`)
  }
}
