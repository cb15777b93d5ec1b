import { setTimeout as sleep } from 'node:timers/promises'
import { type FauxqsServer, startFauxqs } from 'fauxqs'
import { serve } from '../harness/serve.ts'
import { BUCKET } from './body-server.ts'

const QUEUE = 'global_singlequeue.fifo'
const LOOK_MS = 20

let server: FauxqsServer

/** SQS and S3 in a process of their own. */
const aws = {
  /** @returns the endpoint */
  async listen(): Promise<string> {
    server = await startFauxqs({ port: 0, logger: false })
    server.createBucket(BUCKET)
    return `http://127.0.0.1:${server.port}`
  },
  /** Resolves when so many messages refer to objects in the bucket, and removes them. @throws one of them has its data in it */
  async received(count: number): Promise<void> {
    for (;;) {
      const ready = server.inspectQueue(QUEUE)?.messages.ready ?? []
      if (ready.length >= count) {
        if (ready.some(({ body }) => !body.includes('"dataType":"s3"'))) throw new Error('A message is not in S3')
        server.reset()
        return
      }
      await sleep(LOOK_MS)
    }
  }
}

export type Aws = typeof aws

serve(aws)
