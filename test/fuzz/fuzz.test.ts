import t from 'tap'
import { fuzz } from './fuzz.ts'

t.test('requests, handshakes, settings and answers of SQS at random harm neither the server nor another tenant', (t) =>
  fuzz(t, { seed: 1, seconds: 4, maxBytes: 1_000_000, stalls: false, measured: false })
)
