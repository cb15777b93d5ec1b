import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import { folder } from './build.ts'
import { freePort } from './free-port.ts'
import { POSTGRES_URL } from './postgres.ts'
import { until } from './until.ts'

export interface PoolerOptions {
  mode: 'session' | 'transaction' | 'statement'
  /** The most connections to PostgreSQL. @default 30 */
  size?: number
}

/** Starts PgBouncer in front of PostgreSQL; ended after the test. @returns its URL */
export async function startPgBouncer(t: Test, { mode, size = 30 }: PoolerOptions): Promise<string> {
  const cwd = folder(t)
  const url = new URL(POSTGRES_URL)
  const target = { host: url.hostname, port: url.port || '5432' }
  url.host = `127.0.0.1:${await freePort()}`
  const config = `
    [databases]
    * = host=${target.host} port=${target.port}
    [pgbouncer]
    listen_addr = 127.0.0.1
    listen_port = ${url.port}
    unix_socket_dir =
    auth_type = trust
    auth_file = ${join(cwd, 'users')}
    pool_mode = ${mode}
    default_pool_size = ${size}
    ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout,options`
  writeFileSync(join(cwd, 'users'), `"${url.username}" "${url.password}"\n`)
  writeFileSync(join(cwd, 'pgbouncer.ini'), config.replaceAll('\n    ', '\n'))
  // The user that it runs as reads its configuration.
  chmodSync(cwd, 0o755)
  const asUser = process.getuid?.() === 0 ? ['--user', 'nobody'] : []
  const child = spawn('pgbouncer', ['--quiet', ...asUser, join(cwd, 'pgbouncer.ini')], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await until(async () => {
    const socket = connect(Number(url.port), '127.0.0.1')
    const [event] = await Promise.race([once(socket, 'connect').then(() => ['connect']), once(socket, 'error')]).catch(
      () => ['error']
    )
    socket.destroy()
    return event === 'connect'
  })
  return url.href
}
