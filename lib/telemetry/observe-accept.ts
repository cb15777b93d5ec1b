import type { EmitResult } from '../event-log/event-log.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import type { TransportName } from '../instances/instance.ts'
import { acceptChannel } from './channels.ts'

/** Accepts events, and publishes to the subscribers of the channel. */
export function observeAccept(
  { inputs, transport }: { inputs: readonly InstanceEventInput[]; transport: TransportName | undefined },
  accept: () => Promise<EmitResult[]>
): Promise<EmitResult[]> {
  return acceptChannel.tracePromise(accept, { events: inputs.map(named), transport })
}

/** Nothing of an input is checked yet. */
function named(input: Partial<Record<keyof InstanceEventInput, unknown>> | null) {
  return { instance: text(input?.instance), event: text(input?.event) }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
