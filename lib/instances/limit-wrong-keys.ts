import type { FastifyBaseLogger } from 'fastify'
import type { EventStore } from '../store/event-store.ts'
import { QuietLog } from '../telemetry/quiet-log.ts'
import { WrongKeys } from './wrong-keys.ts'

/** Creates the limit of wrong keys: an address that is blocked is logged, and blocked on all nodes. */
export function limitWrongKeys(
  perMinute: number,
  { store: { blockedAddresses }, log }: { store: EventStore; log: FastifyBaseLogger }
): WrongKeys {
  const quietLog = new QuietLog(log)
  const wrongKeys = new WrongKeys({
    perMinute,
    blocked: (address, forMs) => {
      quietLog.warn('keys', { address }, 'Too many wrong keys came from one address; if it is a proxy, set trustProxy')
      blockedAddresses?.tell(address, forMs)
    }
  })
  blockedAddresses?.listen((address, forMs) => wrongKeys.block(address, forMs))
  return wrongKeys
}
