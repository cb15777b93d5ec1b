import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import { API_KEY, type BodyServer } from './body-server.ts'
import { type Shape, SHAPES } from './shapes.ts'

interface Party {
  name: string
  server: Peer<BodyServer>
  port: number
  /** Answers what the shape says. */
  checks: boolean
}

/** How long one request of 10 MB keeps a server from everything else, against a server that only parses it. */
export default async function bodies(bench: Bench): Promise<Comparison[]> {
  const start = async (name: string, file: string): Promise<Party> => {
    const server = bench.start<BodyServer>(new URL(file, import.meta.url))
    return { name, server, port: await server.call('listen', { folder: bench.folder() }), checks: name === 'ours' }
  }
  const parties = [await start('ours', 'ours.ts'), await start('only parses', 'bare.ts')]
  const comparisons: Comparison[] = []
  for (const shape of SHAPES) {
    const body = Buffer.from(shape.body())
    const sides = parties.map((party) => ({ name: party.name, run: () => run(party, shape, body) }))
    for (const { run } of sides) await run()
    comparisons.push(await compare(shape.title, bench.quick ? 2 : 7, sides))
  }
  return comparisons
}

async function run({ server, port, checks }: Party, { title, path, status }: Shape, body: Buffer): Promise<Sample> {
  await server.call('longestBlock')
  const cpuBefore = await server.cpu()
  const answer = await post(port, path, body)
  const cpu = (await server.cpu()) - cpuBefore
  if (checks && answer !== status) throw new Error(`${title}: answered ${answer} instead of ${status}`)
  return { 'longest block ms': await server.call('longestBlock'), 'CPU ms': cpu / 1e3 }
}

/** @returns the status */
async function post(port: number, path: string, body: Buffer): Promise<number> {
  const headers = { apikey: API_KEY, 'content-type': 'application/json', 'content-length': body.length }
  const posting = request({ host: '127.0.0.1', port, path, method: 'POST', headers })
  posting.end(body)
  const [answer] = (await once(posting, 'response')) as [IncomingMessage]
  answer.resume()
  await once(answer, 'close')
  return answer.statusCode ?? 0
}
