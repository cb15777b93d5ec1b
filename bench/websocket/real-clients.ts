import { deepEqual, equal } from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { io } from 'socket.io-client'
import { WebSocket } from 'ws'
import type { Bench } from '../harness/bench.ts'
import { sampleEvent } from '../harness/sample-events.ts'
import { startAll, type Started } from './contestants.ts'
import { API_KEY } from './fan-out-server.ts'

interface Message {
  data: Record<string, unknown>
  offset: number
}

const NAMESPACE = 'bench'
const SOCKETS = 5
const BURSTS = 3
const EVENTS = 20
const PATIENCE_MS = 10_000

/** Checks that the usual clients receive all events in order. Measures nothing. */
export async function checkWithRealClients(bench: Bench): Promise<void> {
  const started = await startAll(bench, [NAMESPACE])
  const members: string[] = []
  for (const contestant of started) {
    const messages = await receive(contestant)
    for (const [index, { data, offset }] of messages.entries()) {
      deepEqual(data, { n: index + 1, ...sampleEvent('0.8 kB').data })
      equal(offset, index + 1)
    }
    members.push(JSON.stringify(Object.keys(messages[0] ?? {}).sort()))
    await contestant.server.close()
  }
  equal(new Set(members).size, 1, 'all send the same members')
}

/** Returns what each socket has received. @throws they have received different things */
async function receive({ server, port, protocol }: Started): Promise<Message[]> {
  const inboxes = Array.from({ length: SOCKETS }, () => [] as Message[])
  const connect = protocol === 'ws' ? connectWs : connectSocketIo
  const closers = await Promise.all(inboxes.map((inbox) => connect(port, inbox)))
  for (let burst = 0; burst < BURSTS; burst++) server.tell('burst', EVENTS)
  const deadline = performance.now() + PATIENCE_MS
  while (inboxes.some(({ length }) => length < BURSTS * EVENTS) && performance.now() < deadline) await setTimeout(10)
  for (const close of closers) close()
  const [first = []] = inboxes
  equal(first.length, BURSTS * EVENTS)
  for (const inbox of inboxes) deepEqual(inbox, first)
  return first
}

async function connectSocketIo(port: number, inbox: Message[]): Promise<() => void> {
  const options = { transports: ['websocket'], forceNew: true, auth: { apikey: API_KEY } }
  const socket = io(`ws://127.0.0.1:${port}/${NAMESPACE}`, options)
  socket.onAny((_event: string, message: Message) => inbox.push(message))
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  return () => socket.disconnect()
}

async function connectWs(port: number, inbox: Message[]): Promise<() => void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/${NAMESPACE}`)
  socket.on('message', (text) => {
    const [, message] = JSON.parse(String(text)) as [string, Message]
    inbox.push(message)
  })
  await once(socket, 'open')
  return () => socket.terminate()
}
