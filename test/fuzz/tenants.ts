import { API_KEY } from '../support/build.ts'

/** The good tenant: its events must arrive whatever the others do. */
export const GOOD = { instance: 'well-behaved', token: 'token-of-the-well-behaved' }
/** The hostile tenant: random requests use its token, or the global key for anything but the good tenant. */
export const HOSTILE = { instance: 'mal', token: 'token-of-mal' }
export { API_KEY }

/** A text in each event of the good tenant, which nobody else may receive. */
export const MARK = 'mark-of-the-well-behaved'
