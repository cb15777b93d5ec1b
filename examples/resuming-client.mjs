// Listens without a gap, with socket.io-client alone: after an interruption it asks for what it missed.
//
//   API_KEY=<global key or token of the instance> INSTANCE=sales [OFFSET=<the last one you have>] \
//   node examples/resuming-client.mjs
import { io } from 'socket.io-client'

const { URL = 'ws://localhost:8080', INSTANCE = 'sales', API_KEY, OFFSET } = process.env
const url = `${URL}/${encodeURIComponent(INSTANCE)}`
const apikey = API_KEY

// These three lines are all there is to it. `auth` is a function, so that each attempt brings the offset it has by then.
let last = OFFSET || 'latest'
const socket = io(url, { transports: ['websocket'], auth: (send) => send({ apikey, offset: last }) })
socket.onAny((_event, message) => (last = message?.offset ?? message?.to ?? last)) // `resumed` has `to`

// Comes after what was missed. complete: false: the server's log does not reach back that far.
socket.on('resumed', (resumed) => console.log('resumed', resumed))
socket.onAny((event, message) => {
  if (message?.offset !== undefined) console.log(message.offset, event, message.data)
})
socket.on('connect_error', (error) => {
  console.log('not connected:', error.data ?? error.message)
  // After a refusal Socket.IO does not come back by itself. This one passes: too many wrong keys from this address.
  if (error.data?.retryAfterMs) setTimeout(() => socket.connect(), error.data.retryAfterMs)
  else process.exitCode = error.data ? 1 : 0
})
socket.on('disconnect', (reason) => console.log('disconnected:', reason))
