import type { Command } from 'commander'
import type { Moved } from '../../store/move-log.ts'
import type { CliContext } from '../context.ts'
import { CommandFailed } from '../failure.ts'

const AFTER_HELP = `
Copies the event log of a stopped server from SQLite into an empty PostgreSQL schema: instances and
their tokens, selections, events and their offsets, pending deliveries, dead letters. After an
interruption, the same command continues. Exits with 0 when everything is copied and the counts of
both databases match.

Example:
  $ npx fastify-instance-events migrate --from file:./data/instance-events.db \\
      --to postgres://events:secret@db.example/hub`

/** Interval of progress lines. */
const PROGRESS_MS = 1_000
const NAMES = { events: 'events', pending: 'pending deliveries', deadLetters: 'dead letters' }

/** `migrate`: copies the event log from SQLite to PostgreSQL. */
export function addMigrate(program: Command, context: CliContext): void {
  program
    .command('migrate')
    .description('Move the event log from SQLite to PostgreSQL.')
    .usage('--from file:<path> --to postgres://<user>:<password>@<host>/<database>')
    .option('--from <url>', 'file:<path>: the log of a stopped server')
    .option('--to <url>', 'postgres://<user>:<password>@<host>/<database>')
    .addHelpText('after', AFTER_HELP)
    .action(({ from, to }: { from?: string; to?: string }, self: Command) =>
      // Commander's requiredOption would report a misspelt option as missing.
      migrate({ from: from ?? missing('--from', self), to: to ?? missing('--to', self) }, context)
    )
}

function missing(option: string, command: Command): never {
  command.error(`error: required option '${option} <url>' not specified`)
}

async function migrate(urls: { from: string; to: string }, { out, error, signal, schema }: CliContext): Promise<void> {
  const report = reporter(out)
  const progress = (moved: Moved) => {
    signal.throwIfAborted()
    report(moved)
  }
  try {
    // Loaded here because Node 22 prints a warning about SQLite.
    const { moveLog } = await import('../../store/move-log.ts')
    const { counts, already } = await moveLog({ ...urls, ...(schema !== undefined && { schema }), progress })
    const rows = Object.entries(counts).map(([name, count]) => `  ${name.padEnd(12)}${count.toLocaleString('en')}`)
    out(already ? 'Already migrated:' : 'Migrated; the counts of both databases match:')
    for (const row of rows) out(row)
  } catch (thrown) {
    const { code, message, stack } = thrown as Error & { code?: string }
    if (!signal.aborted) error(code === undefined ? String(stack) : message)
    error('Not migrated. The file is unchanged; fix the cause, and run the same command again.')
    throw new CommandFailed('')
  }
}

/** Prints progress once a second, and at the end of each kind of row. */
function reporter(out: (line: string) => void): (moved: Moved) => void {
  let last = performance.now()
  return ({ what, done, of }) => {
    if (done < of && performance.now() - last < PROGRESS_MS) return
    last = performance.now()
    out(`${NAMES[what]}: ${done.toLocaleString('en')} of ${of.toLocaleString('en')}`)
  }
}
