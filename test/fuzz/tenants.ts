import { API_KEY } from '../support/build.ts'

/** Its events must arrive, whatever the others do. */
export const GOOD = { instance: 'well-behaved', token: 'token-of-the-well-behaved' }
/** The others have this one's token, or the global key, which they use on all but the well-behaved. */
export const HOSTILE = { instance: 'mal', token: 'token-of-mal' }
export { API_KEY }

/** In each event of the well-behaved: nobody else may see it. */
export const MARK = 'mark-of-the-well-behaved'
