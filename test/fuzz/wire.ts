import { bombText } from './json-texts.ts'
import type { HostileRequest } from './requests.ts'

/** The bytes of a request, in pieces. */
export function wireOf({ method, path, key, contentType: type, body, delivery: how }: HostileRequest): Buffer[] {
  const content = Buffer.from(typeof body === 'object' ? bombText(body) : (body ?? ''))
  const inChunks = how === 'chunked' || how === 'slow' || how === 'false-chunks'
  const announced =
    content.length + (how === 'truncated' ? 100 : how === 'over-long' ? -Math.ceil(content.length / 2) : 0)
  const head = [
    `${method} ${path} HTTP/1.1`,
    'host: fuzz',
    'connection: close',
    ...(key ? [`${key.header}: ${key.header === 'authorization' ? 'Bearer ' : ''}${key.value}`] : []),
    ...(type === undefined ? [] : [`content-type: ${type}`]),
    ...(body === undefined ? [] : [inChunks ? 'transfer-encoding: chunked' : `content-length: ${announced}`])
  ]
  const first = Buffer.from(`${head.join('\r\n')}\r\n\r\n`)
  if (body === undefined) return [first]
  if (!inChunks) return [first, content]
  if (how === 'false-chunks') return [first, Buffer.from('zz\r\n'), content]
  const step = Math.ceil(content.length / 20) || 1
  const chunks = Array.from({ length: Math.ceil(content.length / step) }, (_, index) =>
    content.subarray(index * step, (index + 1) * step)
  )
  return [
    first,
    ...chunks.map((chunk) =>
      Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')])
    ),
    Buffer.from('0\r\n\r\n')
  ]
}
