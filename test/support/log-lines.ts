import { Writable } from 'node:stream'
import Fastify, { type FastifyBaseLogger } from 'fastify'

/** Returns a logger, and `lines`, which emits `line` with the members of each line that it writes. */
export function logLines(level = 'info'): { log: FastifyBaseLogger; lines: Writable } {
  const lines = new Writable({
    objectMode: true,
    write(line: string, _encoding, done) {
      this.emit('line', JSON.parse(line))
      done()
    }
  })
  const { log } = Fastify({ logger: { level, stream: lines } })
  return { log, lines }
}
