import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import type { Test } from 'tap'
import { freePort } from './free-port.ts'
import { postgresPrograms } from './postgres-programs.ts'
import type { PostgresServer } from './postgres-server.ts'
import { until } from './until.ts'

const execute = promisify(execFile)

export interface PostgresStandby {
  url: string
  /** Resolves when it has all that the primary has written so far. */
  catchUp: () => Promise<void>
  /** Receives nothing more from the primary. */
  fallBehind: () => Promise<void>
  /** Makes it the primary. */
  promote: () => Promise<void>
}

/** Starts an asynchronous standby of a server; stopped after the test. */
export async function startStandby(t: Test, server: PostgresServer): Promise<PostgresStandby> {
  const bin = postgresPrograms() as string
  const data = join(server.folder, 'standby')
  const options = { cwd: server.folder, ...server.owner }
  const control = [`--pgdata=${data}`, '--silent', '--wait', '--timeout=60']
  const stop = () => {
    process.off('exit', stop)
    try {
      execFileSync(join(bin, 'pg_ctl'), [...control, '--mode=immediate', 'stop'], { ...options, stdio: 'ignore' })
    } catch {
      // It does not run.
    }
  }
  process.prependListener('exit', stop)
  t.after(stop)
  const copied = [
    `--pgdata=${data}`,
    `--dbname=${server.url}`,
    '--write-recovery-conf',
    '--checkpoint=fast',
    '--no-sync'
  ]
  await execute(join(bin, 'pg_basebackup'), copied, options)
  const port = await freePort()
  const set = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off`
  await execute(
    join(bin, 'pg_ctl'),
    [...control, `--log=${join(server.folder, 'standby-log')}`, `--options=${set}`, 'start'],
    options
  )
  const url = new URL(server.url)
  url.port = String(port)
  return {
    url: url.href,
    catchUp: async () => {
      const [written] = await ask(server.url, 'SELECT pg_current_wal_flush_lsn()::text AS at')
      const has = `SELECT pg_last_wal_replay_lsn() >= '${String(written?.at)}' AS has`
      await until(async () => (await ask(url.href, has))[0]?.has === true)
    },
    fallBehind: async () => {
      await ask(url.href, "ALTER SYSTEM SET primary_conninfo = ''")
      await ask(url.href, 'SELECT pg_reload_conf()')
      await until(async () => (await ask(url.href, 'SELECT FROM pg_stat_wal_receiver')).length === 0)
    },
    promote: async () => void (await execute(join(bin, 'pg_ctl'), [...control, 'promote'], options))
  }
}

async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}
