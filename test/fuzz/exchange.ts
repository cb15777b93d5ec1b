import { connect } from 'node:net'

export interface Answer {
  /** `answered`: a whole response arrived. `closed`: the connection ended before. `silent`: neither in time. */
  end: 'answered' | 'closed' | 'silent'
  status: number
  headers: Map<string, string>
  body: string
}

export interface Sending {
  /** The pieces to write, one after the other. */
  pieces: readonly (string | Buffer)[]
  /** Milliseconds between two pieces. */
  pauseMs?: number
  /** Milliseconds to wait for a response after the last piece. */
  patienceMs: number
}

/** Sends bytes over a new connection and reads one response. */
export function exchange(url: string, { pieces, pauseMs = 0, patienceMs }: Sending): Promise<Answer> {
  const { hostname, port } = new URL(url)
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  let sending: NodeJS.Timeout | undefined
  let patience: NodeJS.Timeout | undefined
  const finish = (end: Answer['end']) => {
    clearTimeout(sending)
    clearTimeout(patience)
    socket.destroy()
    resolve({ ...(readAnswer(Buffer.concat(chunks), true) ?? NOTHING), end })
  }
  const send = (index: number) => {
    const piece = pieces[index]
    if (piece === undefined) {
      patience = setTimeout(() => finish('silent'), patienceMs)
      return
    }
    if (!socket.destroyed) socket.write(piece)
    if (pauseMs > 0) sending = setTimeout(send, pauseMs, index + 1)
    else send(index + 1)
  }
  socket.on('connect', () => send(0))
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    const soFar = Buffer.concat(chunks)
    if (readAnswer(soFar, false)) finish('answered')
  })
  socket.on('error', () => {})
  socket.on('close', () => finish(readAnswer(Buffer.concat(chunks), true) ? 'answered' : 'closed'))
  return promise
}

const NOTHING = { status: 0, headers: new Map<string, string>(), body: '' }

/** Parses a response. @returns `undefined` if it is incomplete, unless the connection has ended */
function readAnswer(bytes: Buffer, ended: boolean): Omit<Answer, 'end'> | undefined {
  const text = bytes.toString('latin1')
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  const [statusLine = '', ...lines] = text.slice(0, head).split('\r\n')
  const status = Number(statusLine.split(' ')[1])
  const rest = bytes.subarray(head + 4)
  if (status === 100) return readAnswer(rest, ended)
  const headers = new Map(
    lines.map((line): [string, string] => [line.split(':')[0]?.toLowerCase() ?? '', line.replace(/^[^:]*: */, '')])
  )
  if (status === 101 || headers.get('content-type')?.startsWith('text/event-stream') === true)
    return { status, headers, body: '' }
  const chunked = headers.get('transfer-encoding') === 'chunked'
  const length = Number(headers.get('content-length') ?? (chunked ? chunkedLength(rest) : Infinity))
  if (rest.length < length && !ended) return undefined
  const content = rest.subarray(0, length).toString()
  return { status, headers, body: chunked ? content.replace(/(^|\r\n)[0-9a-f]+\r\n/g, '') : content }
}

/** The length of a chunked body in bytes; infinite if it is incomplete. */
function chunkedLength(bytes: Buffer): number {
  const end = bytes.indexOf('0\r\n\r\n')
  return end === -1 ? Infinity : end + 5
}
