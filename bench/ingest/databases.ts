import { execFile } from 'node:child_process'
import { chownSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../test/support/free-port.ts'
import { postgresOwner, postgresPrograms } from '../../test/support/postgres-programs.ts'
import type { Bench } from '../harness/bench.ts'

/** A server of the bench's own, on the disk on which ours keeps its log. */
export interface Database {
  port: number
  /** Of its main process. */
  pid: number
}

/** Redis, which writes and syncs before it answers. @throws there is no redis-server */
export async function startRedis(bench: Bench): Promise<Database> {
  const port = await freePort()
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    appendonly: 'yes',
    appendfsync: 'always',
    // Rewrites of the file and snapshots are off, since they would slow Redis down.
    'auto-aof-rewrite-percentage': '0',
    save: ''
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  const { pid } = await bench.run('redis-server', args, { cwd: bench.folder() })
  return { port, pid }
}

/** PostgreSQL with its default settings, so that a commit is on disk. @throws it is not installed */
export async function startPostgres(bench: Bench): Promise<Database> {
  const bin = postgresPrograms()
  if (bin === undefined) throw new Error('there is no /usr/lib/postgresql')
  const [port, cwd, owner] = [await freePort(), bench.folder(), postgresOwner()]
  if (owner) chownSync(cwd, owner.uid, owner.gid)
  const data = join(cwd, 'data')
  const cluster = [`--pgdata=${data}`, '--username=root', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8']
  await promisify(execFile)(join(bin, 'initdb'), [...cluster, '--no-sync'], { cwd, ...owner })
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`]
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  const { pid } = await bench.run(join(bin, 'postgres'), args, { cwd, owner })
  return { port, pid }
}
