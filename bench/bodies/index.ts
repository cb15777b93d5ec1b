import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import type { BodyServer } from './body-server.ts'
import { large } from './large.ts'
import { post } from './post.ts'
import { type Shape, SHAPES } from './shapes.ts'

interface Party {
  name: string
  server: Peer<BodyServer>
  port: number
  /** Answers what the shape says. */
  checks: boolean
}

/** How long one request of 10 MB blocks a server, against a server that only parses it. */
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
  comparisons.push(...(await large(bench)))
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
