import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'

/**
 * `node listening-clients.ts <url> <key> <clients> <stalled>` connects clients, the last of which stop reading.
 * Commands on stdin concern the others: `until <n>` prints a line when each has received `n` events, `report` prints how many
 * each has received since the last report, and the 99th percentile of their latencies in milliseconds.
 */
const [url = '', apikey, clients, stalled] = process.argv.slice(2)
const counts: number[] = []
let latencies: number[] = []
let wanted = Infinity
let missing = 0

async function listener(index: number, stalls: boolean): Promise<void> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
  const admitted = new Promise<void>((resolve) => {
    ws.on('message', (message: Buffer) => {
      const packet = message.toString()
      if (packet === '2') ws.send('3')
      if (packet.startsWith('40')) resolve()
      const sent = /"sent":([\d.]+)/.exec(packet)?.[1]
      if (sent === undefined) return
      counts[index] = (counts[index] ?? 0) + 1
      if (counts[index] === wanted && --missing === 0) console.log(`all have ${wanted}`)
      latencies.push(performance.timeOrigin + performance.now() - Number(sent))
    })
  })
  await once(ws, 'open')
  ws.send(`40/sales,${JSON.stringify({ apikey })}`)
  await admitted
  if (stalls) ws.pause()
  else counts[index] = 0
}

const reading = Number(clients) - Number(stalled)
for (let index = 0; index < Number(clients); index++) await listener(index, index >= reading)
console.log('ready')
for await (const line of createInterface(process.stdin)) {
  if (line.startsWith('until ')) {
    wanted = Number(line.slice('until '.length))
    missing = counts.filter((count) => count < wanted).length
    if (missing === 0) console.log(`all have ${wanted}`)
    continue
  }
  const sorted = latencies.sort((a, b) => a - b)
  console.log(JSON.stringify({ counts: [...new Set(counts)], p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0 }))
  latencies = []
  counts.fill(0)
}
