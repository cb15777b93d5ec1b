import { evolutionGo } from './evolution-go.ts'
import type { Hub } from './hub.ts'
import { waha } from './waha.ts'

/** The hubs whose webhooks are received by a description. */
export const DESCRIBED_HUBS: readonly Hub[] = [evolutionGo, waha]
