// Receives the events of one instance while it is connected, in Node.js or (with a bundler) in a browser.
//
//   API_KEY=<global key or token of the instance> INSTANCE=sales node examples/socket-client.mjs
import { io } from 'socket.io-client'

const { URL = 'ws://localhost:8080', INSTANCE = 'sales', API_KEY } = process.env

const socket = io(`${URL}/${encodeURIComponent(INSTANCE)}`, {
  transports: ['websocket'],
  auth: { apikey: API_KEY }
})

socket.on('connect', () => console.log(`connected to ${INSTANCE}`))
// data.code: IEV_WS_UNAUTHORIZED, IEV_WS_NOT_SET or IEV_WS_DISABLED; no data: the server was not reached.
socket.on('connect_error', (error) => {
  console.log('not connected:', error.data ?? error.message)
  // Socket.IO does not reconnect after a refusal. If the server was not reached, it does.
  if (error.data) process.exitCode = 1
})
socket.on('disconnect', (reason) => console.log('disconnected:', reason))

// One event by its name, or all of them:
socket.onAny((event, message) => console.log(event, message))
