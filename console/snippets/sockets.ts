import { socketUrl } from '../api/address.ts'
import { asString } from './quoting.ts'

/** Socket.IO's default. */
const DEFAULT_PATH = '/socket.io'

export interface SocketTarget {
  /** URL of the console. */
  page: string
  /** Path of the Socket.IO endpoint. */
  path: string
  instance: string
}

/** Code for this project's client, which keeps the offset itself. */
export function clientSnippet({ page, path, instance }: SocketTarget): string {
  return `// npm install fastify-instance-events socket.io-client
import { connectInstance } from 'fastify-instance-events/client'

const connection = connectInstance(${asString(asWebSocket(socketUrl(page, instance)))}, {
  apikey: process.env.API_KEY,${path === DEFAULT_PATH ? '' : `\n  path: ${asString(path)},`}
  onEvent: (message) => console.log(message.offset, message.event, message.data)
})
`
}

/** Code for socket.io-client. */
export function socketIoSnippet({ page, path, instance }: SocketTarget): string {
  return `// npm install socket.io-client
import { io } from 'socket.io-client'

const apikey = process.env.API_KEY
let last = 'latest' // or the offset that you have stored
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

function asWebSocket(url: string): string {
  return url.replace(/^http/, 'ws')
}
