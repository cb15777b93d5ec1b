import { parseArgs } from 'node:util'
import t from 'tap'
import { fuzz } from './fuzz.ts'

/** `npm run fuzz` runs for a minute, or `--seconds`; `--seed` repeats the input of another run. */
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } } })
const seconds = Number(values.seconds)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
if (!(seconds > 0) || !Number.isInteger(seed))
  throw new Error('--seconds takes a number above 0, --seed a whole number')

t.setTimeout((seconds + 300) * 1_000)
void t.test(
  `random input for ${seconds} s harms neither the server nor another tenant`,
  { timeout: (seconds + 300) * 1_000 },
  (t) => fuzz(t, { seed, seconds, maxBytes: 10_000_000, stalls: true, measured: true })
)
