import { ListQueueTagsCommand, type ServiceInputTypes, type SQSClient } from '@aws-sdk/client-sqs'
import Fastify from 'fastify'
import type { Test } from 'tap'
import { SqsCalls } from '../../lib/sqs/calls.ts'
import { QueueProvisioner, type ProvisionerOptions } from '../../lib/sqs/provisioner.ts'
import { startSqs } from './sqs.ts'

export const { log } = Fastify()
export const SALES_CALL = { name: 'sales_call.fifo', instance: 'sales', event: 'CALL' }
export const FIFO = { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' }

export function callsOf(client: SQSClient): SqsCalls {
  return new SqsCalls({ client, deadlineMs: 10_000 })
}

/** A provisioner on an emulator of its own. `fail` makes a call fail as AWS would; the emulator denies nobody. */
export async function startProvisioner(t: Test, options: Partial<ProvisionerOptions> = {}) {
  const sqs = await startSqs(t)
  const calls: { command: string; input: ServiceInputTypes }[] = []
  const failing = new Map<string, string>()
  sqs.client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        const command = commandName.replace('Command', '')
        calls.push({ command, input: args.input })
        const name = failing.get(command)
        if (name !== undefined) throw Object.assign(new Error('as asked'), { name, $metadata: { httpStatusCode: 403 } })
        return next(args)
      },
    { step: 'initialize' }
  )
  const provisioner = new QueueProvisioner({ calls: callsOf(sqs.client), type: 'fifo', log, ...options })
  return {
    provisioner,
    ...sqs,
    commands: () => calls.map(({ command }) => command),
    inputs: () => calls.map(({ input }) => input),
    fail: (command: string, name: string) => failing.set(command, name),
    heal: () => failing.clear(),
    tags: async (QueueUrl: string) => (await sqs.client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags
  }
}
