import { equal } from 'node:assert/strict'
import { fdatasyncSync, fstatSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { serve } from '../harness/serve.ts'
import { measure, newEvents, type StoreProcess } from './commits.ts'

let file: number
let size = 0

/**
 * The least that a durable commit takes: the same texts in one write at the end of a file, and `fdatasync`. No index,
 * no deliveries.
 */
const appendedFile: StoreProcess = {
  async open({ folder }) {
    file = openSync(join(folder, 'events'), 'a')
  },
  async run(commits) {
    const batches = Array.from({ length: commits }, () => newEvents({ queues: [], ids: 'generated' }))
    const sample = await measure(batches, async (events) => {
      const lines = events.map(
        (event) => `${event.id} ${event.instance} ${event.event} ${event.envelope} ${event.data}\n`
      )
      size += writeSync(file, Buffer.from(lines.join('')))
      fdatasyncSync(file)
    })
    equal(fstatSync(file).size, size)
    return sample
  }
}

serve(appendedFile)
