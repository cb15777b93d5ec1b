import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'

const SIZE = 16
/** Random bytes for many ids: asking the system for each costs ten times what the rest of an id does. */
const pool = new Uint8Array(SIZE * 512)
let used = pool.length
let msecs = 0
let seq = 0

/** A UUIDv7 that sorts behind those made before it. https://www.rfc-editor.org/rfc/rfc9562#section-6.2 */
export function newEventId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const random = pool.subarray(used, (used += SIZE))
  const now = Date.now()
  if (now > msecs) {
    msecs = now
    // 31 bits, so that there is room to count on within the millisecond.
    seq = new DataView(random.buffer, random.byteOffset).getUint32(6) >>> 1
  } else seq++
  return v7({ random, msecs, seq })
}
