import { execFile, execFileSync } from 'node:child_process'
import { chownSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { folder } from './build.ts'
import { freePort } from './free-port.ts'
import { postgresOwner, postgresPrograms } from './postgres-programs.ts'

const execute = promisify(execFile)

export interface PostgresServer {
  url: string
  /** Ends it as a crash does and starts it again. Resolves when it has recovered and answers. */
  crash: () => Promise<void>
  /** The folder of its data and its log, which its user may write. */
  folder: string
  owner: { uid: number; gid: number } | undefined
}

/** Starts a PostgreSQL server; deleted after the test. @returns `undefined` if PostgreSQL is not installed */
export async function startPostgresServer(t: Test): Promise<PostgresServer | undefined> {
  const bin = postgresPrograms()
  if (bin === undefined) return undefined
  const cwd = folder(t)
  const user = postgresOwner()
  if (user) chownSync(cwd, user.uid, user.gid)
  const options = { cwd, ...user }
  const data = join(cwd, 'data')
  const control = [`--pgdata=${data}`, '--silent', '--wait', '--timeout=60']
  const terminate = () => process.exit(143)
  const stop = () => {
    process.off('exit', stop).off('SIGTERM', terminate)
    try {
      execFileSync(join(bin, 'pg_ctl'), [...control, '--mode=immediate', 'stop'], { ...options, stdio: 'ignore' })
    } catch {
      // It does not run.
    }
    rmSync(cwd, { recursive: true, force: true })
  }
  // tap ends a test that takes too long by SIGTERM.
  process.on('exit', stop).on('SIGTERM', terminate)
  t.after(stop)

  const port = await freePort()
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // Tests end processes, not the machine: written data stays in the cache of the system.
    fsync: 'off'
  }
  const set = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)
  await execute(
    join(bin, 'initdb'),
    [`--pgdata=${data}`, '--username=root', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'],
    options
  )
  const start = [`--log=${join(cwd, 'log')}`, `--options=-p ${port} ${set.join(' ')}`, 'start']
  await execute(join(bin, 'pg_ctl'), [...control, ...start], options)
  return {
    url: `postgres://root@127.0.0.1:${port}/postgres`,
    folder: cwd,
    owner: user,
    crash: async () => {
      // Without --log its messages would fill a pipe that nobody reads.
      const restart = [`--log=${join(cwd, 'log')}`, '--mode=immediate', 'restart']
      await execute(join(bin, 'pg_ctl'), [...control, ...restart], options)
    }
  }
}
