import type { Bench } from '../harness/bench.ts'
import { CountedDatabase } from './database.ts'
import { costsOfEvents } from './events.ts'
import type { CapacityInputs } from './inputs.ts'
import { inputsTable, limitsTable, lossTable, sizesTable } from './tables.ts'
import { costsOfSockets } from './sockets.ts'

/**
 * The inputs of the capacity model (docs/capacity.md), measured with a PostgreSQL of the bench's own.
 * @throws it is not installed
 */
export default async function capacity(bench: Bench): Promise<CapacityInputs> {
  const database = await CountedDatabase.start(bench)
  const events = await costsOfEvents(bench, database)
  const eventBytes = await database.eventBytes()
  const sockets = await costsOfSockets(bench, database)
  await database.close()
  const inputs: CapacityInputs = {
    postgres: {
      // One other node was notified.
      commit: { cpuUs: events.commitUs - events.notifiedUs, walBytes: events.commitWal },
      event: { cpuUs: events.eventUs, walBytes: events.eventWal },
      delivery: { cpuUs: events.deliveryUs, walBytes: events.deliveryWal },
      queuedUs: events.queuedUs,
      deliveryCommits: events.deliveryCommits,
      eventBytes,
      notifiedUs: events.notifiedUs,
      readUs: events.readUs,
      followedUs: events.followedUs,
      idleNodeUs: events.idleUs,
      resumeUs: sockets.resumeUs,
      replayedUs: sockets.replayedUs
    },
    node: {
      ingestUs: events.ingestUs,
      eventCommits: events.eventCommits,
      deliveryUs: events.nodeDeliveryUs,
      emittedUs: events.emittedUs,
      notifiedUs: events.nodeNotifiedUs,
      readUs: events.nodeReadUs,
      followedUs: events.nodeFollowedUs,
      idleUs: events.nodeIdleUs,
      pingUs: sockets.pingUs,
      handshakeUs: sockets.handshakeUs,
      resumeUs: sockets.nodeResumeUs,
      replayedUs: sockets.nodeReplayedUs,
      baseBytes: sockets.baseBytes,
      socketBytes: sockets.socketBytes,
      instanceBytes: sockets.instanceBytes
    }
  }
  console.log([inputsTable, sizesTable, limitsTable, lossTable].map((table) => table(inputs)).join('\n\n'))
  return inputs
}
