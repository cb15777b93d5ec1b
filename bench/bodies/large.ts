import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import type { Aws } from './aws.ts'
import type { BodyServer, BodyServerOptions } from './body-server.ts'
import { post } from './post.ts'

const BYTES = 9_000_000
const AT_ONCE = 16
const MIB = 2 ** 20

interface Party {
  server: Peer<BodyServer>
  port: number
  aws: Peer<Aws> | undefined
}

/**
 * What events of 9 MB cost that are accepted: alone and 16 at once, only logged and also put into S3, of one instance
 * and of 16.
 */
export async function large(bench: Bench): Promise<Comparison[]> {
  const body = Buffer.from(`{"event":"messages.upsert","data":{"media":"${'A'.repeat(BYTES)}"}}`)
  const alone = (file: string, intoS3: boolean) =>
    inFreshProcesses(bench, { file, intoS3 }, (party) => one(party, body))
  const together = (file: string, intoS3: boolean, instances = 1) =>
    inFreshProcesses(bench, { file, intoS3 }, (party) => many(party, { body, instances }))
  const rounds = bench.quick ? 1 : 5
  return [
    await compare('an event of 9 MB', rounds, [
      { name: 'ours', run: alone('ours.ts', false) },
      { name: 'only parses', run: alone('bare.ts', false) }
    ]),
    await compare('an event of 9 MB, into S3', rounds, [
      { name: 'ours', run: alone('ours.ts', true) },
      { name: 'only parses', run: alone('bare.ts', false) }
    ]),
    await compare(`${AT_ONCE} events of 9 MB at once`, rounds, [
      { name: 'ours', run: together('ours.ts', false) },
      { name: 'only parses', run: together('bare.ts', false) }
    ]),
    await compare(`${AT_ONCE} events of 9 MB at once, into S3`, rounds, [
      { name: 'ours', run: together('ours.ts', true) },
      { name: 'only parses', run: together('bare.ts', false) }
    ]),
    await compare(`${AT_ONCE} events of 9 MB at once of as many instances, into S3`, rounds, [
      { name: 'ours', run: together('ours.ts', true, AT_ONCE) },
      { name: 'only parses', run: together('bare.ts', false) }
    ])
  ]
}

/** Returns a run in fresh processes, since the peak memory of a process never falls. */
function inFreshProcesses(
  bench: Bench,
  { file, intoS3 }: { file: string; intoS3: boolean },
  run: (party: Party) => Promise<Sample>
): () => Promise<Sample> {
  return async () => {
    const aws = intoS3 ? bench.start<Aws>(new URL('aws.ts', import.meta.url)) : undefined
    const options: BodyServerOptions = { folder: bench.folder() }
    if (aws) options.aws = await aws.call('listen')
    const server = bench.start<BodyServer>(new URL(file, import.meta.url))
    const port = await server.call('listen', options)
    const sample = await run({ server, port, aws })
    await Promise.all([server.close(), aws?.close()])
    return sample
  }
}

/** The second of two events, since the first loads code. */
async function one({ server, port, aws }: Party, body: Buffer): Promise<Sample> {
  let sample: Sample = {}
  for (let events = 0; events < 2; events++) {
    await server.call('longestBlock')
    const cpuBefore = await server.cpu()
    await accepted(port, body)
    await aws?.call('received', 1)
    const cpu = (await server.cpu()) - cpuBefore
    sample = { 'longest block ms': await server.call('longestBlock'), 'CPU ms': cpu / 1e3 }
  }
  return sample
}

async function many(
  { server, port, aws }: Party,
  { body, instances }: { body: Buffer; instances: number }
): Promise<Sample> {
  await server.call('longestBlock')
  const cpuBefore = await server.cpu()
  await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => accepted(port, body, n % instances)))
  await aws?.call('received', AT_ONCE)
  const cpu = (await server.cpu()) - cpuBefore
  return {
    'longest block ms': await server.call('longestBlock'),
    'CPU ms/event': cpu / AT_ONCE / 1e3,
    'peak RSS MiB': (await server.call('peakRss')) / MIB
  }
}

async function accepted(port: number, body: Buffer, instance = 0): Promise<void> {
  const status = await post(port, `/events/bench-${instance}`, body)
  if (status !== 202) throw new Error(`An event of ${body.length} bytes was answered ${status}`)
}
