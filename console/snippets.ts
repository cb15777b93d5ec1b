import { socketUrl } from './api/address.ts'

/** Socket.IO's own. */
const DEFAULT_PATH = '/socket.io'

export interface SocketTarget {
  /** The console's URL. */
  page: string
  /** Path of the Socket.IO endpoint. */
  path: string
  instance: string
}

/** With this project's client, which keeps the offset by itself. */
export function clientSnippet({ page, path, instance }: SocketTarget): string {
  return `// npm install fastify-instance-events socket.io-client
import { connectInstance } from 'fastify-instance-events/client'

const connection = connectInstance(${asString(asWebSocket(socketUrl(page, instance)))}, {
  apikey: process.env.API_KEY,${path === DEFAULT_PATH ? '' : `\n  path: ${asString(path)},`}
  onEvent: (message) => console.log(message.offset, message.event, message.data)
})
`
}

/** With socket.io-client alone. */
export function socketIoSnippet({ page, path, instance }: SocketTarget): string {
  return `// npm install socket.io-client
import { io } from 'socket.io-client'

const apikey = process.env.API_KEY
let last = 'latest' // or the offset that you kept
const socket = io(${asString(asWebSocket(socketUrl(page, instance)))}, {${path === DEFAULT_PATH ? '' : `\n  path: ${asString(path)},`}
  auth: (send) => send({ apikey, offset: last })
})
socket.onAny((event, message) => {
  last = message?.offset ?? message?.to ?? last
  console.log(event, message)
})
socket.on('connect_error', (error) => console.error(error.data ?? error.message))
`
}

/** Names may have quotes in them, which URLs leave as they are. */
const asString: (text: string) => string = JSON.stringify

function asWebSocket(url: string): string {
  return url.replace(/^http/, 'ws')
}
