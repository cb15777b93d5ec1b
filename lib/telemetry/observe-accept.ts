import type { EmitResult } from '../event-log/event-log.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import type { TransportName } from '../instances/instance.ts'
import { acceptChannel } from './channels.ts'

/** Accepts events and publishes to the subscribers of `acceptChannel`. */
export function observeAccept(
  { inputs, transport }: { inputs: readonly InstanceEventInput[]; transport: TransportName | undefined },
  accept: () => Promise<EmitResult[]>
): Promise<EmitResult[]> {
  return acceptChannel.tracePromise(accept, { events: inputs.map(named), transport })
}

/** Returns the names in an input, which is not checked yet. */
function named(input: Partial<Record<keyof InstanceEventInput, unknown>> | null) {
  return { instance: text(input?.instance), event: text(input?.event) }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
