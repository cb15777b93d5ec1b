// Receives the events of one instance with socket.io-client alone. After an interruption it receives the events that it missed.
//
//   API_KEY=<global key or token of the instance> INSTANCE=sales [OFFSET=<the last one you have>] \
//   node examples/resuming-client.mjs
import { io } from 'socket.io-client'

const { URL = 'ws://localhost:8080', INSTANCE = 'sales', API_KEY, OFFSET } = process.env
const url = `${URL}/${encodeURIComponent(INSTANCE)}`
const apikey = API_KEY

// These three lines resume. `auth` is a function, so that each attempt sends the latest offset.
let last = OFFSET || 'latest'
const socket = io(url, { transports: ['websocket'], auth: (send) => send({ apikey, offset: last }) })
socket.onAny((_event, message) => (last = message?.offset ?? message?.to ?? last)) // `resumed` has `to`

// Sent after the missed events. complete: false means that some are missing, because the log no longer has them.
socket.on('resumed', (resumed) => console.log('resumed', resumed))
socket.onAny((event, message) => {
  if (message?.offset !== undefined) console.log(message.offset, event, message.data)
})
socket.on('connect_error', (error) => {
  console.log('not connected:', error.data ?? error.message)
  // Socket.IO does not reconnect after a refusal. With retryAfterMs, the refusal is temporary.
  if (error.data?.retryAfterMs) setTimeout(() => socket.connect(), error.data.retryAfterMs)
  else process.exitCode = error.data ? 1 : 0
})
socket.on('disconnect', (reason) => console.log('disconnected:', reason))
