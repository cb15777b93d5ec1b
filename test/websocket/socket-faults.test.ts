import t from 'tap'
import { SocketFaults } from '../../lib/websocket/socket-faults.ts'

t.test('refused sockets are a fault for a minute after the last one', (t) => {
  const clock = { now: 0 }
  const faults = new SocketFaults(
    () => false,
    () => clock.now
  )
  faults.tooMany('first')
  clock.now += 60_000
  faults.tooMany('second')
  clock.now += 60_000
  t.match(faults.list(), [{ message: 'Sockets refused: 2. second' }])
  clock.now += 1
  t.strictSame(faults.list(), [])
  faults.tooMany('third')
  t.match(faults.list(), [{ message: 'Sockets refused: 1. third' }])
  t.end()
})
