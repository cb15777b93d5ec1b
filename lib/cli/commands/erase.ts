import type { Command } from 'commander'
import { erasureSteps } from '../../erasure/steps.ts'
import type { ErasureBody, ErasureReply } from '../../schemas/erasure.ts'
import { confirm } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { CommandFailed, EXIT } from '../failure.ts'
import { wholeNumber } from '../numbers.ts'
import { counted, printJson } from '../output.ts'
import { ServerClient } from '../server-client.ts'
import { serverAddress, type ServerOptions, withServerOptions } from '../server-options.ts'

interface EraseOptions extends ServerOptions {
  jid?: string
  after?: number
  yes?: boolean
}

/** Milliseconds for which a request is repeated while the server restarts, or cannot write its log. */
const WAIT_MS = 30_000

export function addErase(program: Command, context: CliContext): void {
  withServerOptions(program.command('erase <instance> [ids...]'))
    .description(
      'Erase the data of events of an instance: events that name a WhatsApp JID, or events with these ids. The events keep their offsets. ' +
        'Asks for confirmation.'
    )
    .option('--jid <jid>', 'events that name this JID, such as 5511999999999@s.whatsapp.net')
    .option('--after <offset>', 'with --jid: continue after this offset', wholeNumber(0))
    .option('--yes', 'do not ask for confirmation')
    .addHelpText(
      'after',
      '\nExamples:\n  $ npx fastify-instance-events erase sales --jid 5511999999999@s.whatsapp.net\n  $ npx fastify-instance-events erase sales 3EB0C767D26A 3EB0A1 --yes'
    )
    .action((instance: string, ids: string[], options: EraseOptions) => erase({ instance, ids, ...options }, context))
}

async function erase(
  { instance, ids, jid, after: from, ...options }: EraseOptions & { instance: string; ids: string[] },
  context: CliContext
): Promise<void> {
  if ((jid === undefined) === (ids.length === 0))
    throw new CommandFailed('Choose events either by --jid or by their ids', EXIT.usage)
  if (from !== undefined && jid === undefined)
    throw new CommandFailed('--after can only be used with --jid', EXIT.usage)
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const which = jid === undefined ? counted(ids.length, 'event') : `all events that name ${jid}`
  await confirm(`Erase ${which} of ${instance}? This cannot be undone.`, options, context)
  const send = (body: ErasureBody) =>
    client.request<ErasureReply>({
      method: 'POST',
      path: ['events', instance, 'erase'],
      body,
      waitMs: WAIT_MS,
      onWait: context.error
    })
  const request = jid === undefined ? { ids } : { jid, ...(from !== undefined && { after: from }) }
  let next: string | undefined
  const steps = erasureSteps(request, (body) =>
    send(body).catch((error: unknown) => {
      context.status('')
      if (next !== undefined) context.error(`To continue: ${next}`)
      throw error
    })
  )
  for await (const total of steps) {
    const { examined, erased, after, upTo } = total
    if (jid !== undefined)
      next = `npx fastify-instance-events erase ${quoted(instance)} --jid ${quoted(jid)} --after ${after}`
    const [at, end] = [after.toLocaleString('en'), upTo.toLocaleString('en')]
    context.status(
      `Examined ${counted(examined, 'event')}, erased ${erased.toLocaleString('en')} (offset ${at} of ${end})`
    )
    if (total.done) report(total, options, context)
  }
}

/** @throws {CommandFailed} something that was asked for is not erased */
function report(total: ErasureReply, { json }: ServerOptions, context: CliContext): void {
  const { examined, erased, delivered, pending, deadLetters, objects, objectsFailed, missing = [] } = total
  context.status('')
  if (json) printJson(total, context)
  else {
    context.out(`Erased: ${counted(erased, 'event')}, of ${examined.toLocaleString('en')} examined.`)
    if (objects > 0) context.out(`Deleted from S3: ${counted(objects, 'object')}.`)
    if (pending > 0) context.out(`Pending, sent without data: ${counted(pending, 'event')}.`)
    if (deadLetters > 0) context.out(`Without data now: ${counted(deadLetters, 'dead letter')}.`)
  }
  if (delivered > 0)
    context.error(
      `SQS had already received ${counted(delivered, 'event')} with data: erase the copies in queues and at consumers yourself.`
    )
  const failed = objectsFailed.map(
    ({ id, key, reason }) => `${key} may still be in S3 (${reason}): erase the event ${id} again`
  )
  const faults = [...failed, ...missing.map((id) => `There is no event ${id}`)]
  if (faults.length > 0) throw new CommandFailed(faults.join('\n'))
}

/** A word of a shell's command. */
function quoted(text: string): string {
  return /^[\w@.:-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
