import { parseArgs } from 'node:util'
import t from 'tap'
import { fuzz } from './fuzz.ts'

/** `npm run fuzz`: a minute unless told otherwise, `--seconds 600` for long; `--seed` repeats what another run sent. */
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } } })
const seconds = Number(values.seconds)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
if (!(seconds > 0) || !Number.isInteger(seed))
  throw new Error('--seconds takes a number above 0, --seed a whole number')

t.setTimeout((seconds + 300) * 1_000)
void t.test(`everything at once for ${seconds} s`, { timeout: (seconds + 300) * 1_000 }, (t) =>
  fuzz(t, { seed, seconds, maxBytes: 10_000_000, stalls: true, measured: true })
)
