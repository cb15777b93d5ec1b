import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isPostgresUrl, storePath } from './open.ts'
import type { KnownQueue } from './queue-store.ts'

export type FoundQueue = Pick<KnownQueue, 'name' | 'url'>

/**
 * Reads queues of one service that a server in `folder` has kept, by name, beside that server. Changes nothing. Resolves with
 * none if the database has no such table.
 * @throws as the database does
 */
export async function readKnownQueues(
  url: string,
  { folder, service, limit }: { folder: string; service: string; limit: number }
): Promise<FoundQueue[]> {
  if (isPostgresUrl(url)) {
    const { readKnownQueuesOfPostgres } = await import('./postgres/read-known-queues.ts')
    return readKnownQueuesOfPostgres(url, { service, limit })
  }
  const path = resolve(folder, storePath(url))
  return existsSync(path) ? ofFile(path, { service, limit }) : []
}

function ofFile(path: string, { service, limit }: { service: string; limit: number }): FoundQueue[] {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    if (!db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'known_queues'").get()) return []
    const rows = db
      .prepare('SELECT name, url FROM known_queues WHERE service = ? ORDER BY name LIMIT ?')
      .all(service, limit)
    return rows.map(({ name, url }) => ({ name: name as string, url: url as string }))
  } finally {
    db.close()
  }
}
