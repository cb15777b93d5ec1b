import type { Test } from 'tap'
import {
  connectInstance,
  type ConnectInstanceOptions,
  type ConnectionError,
  type InstanceMessage,
  type Resumed
} from '../../lib/client/connect-instance.ts'
import { KEY } from './fake-hub.ts'
import { Watch } from './watch.ts'

/** A connection that records everything it receives; closed after the test. */
export function follow(t: Test, url: string, options: Partial<ConnectInstanceOptions> = {}) {
  const watch = new Watch()
  const messages: InstanceMessage[] = []
  const offsets: number[] = []
  const resumed: Resumed[] = []
  const errors: ConnectionError[] = []
  const connection = connectInstance(url, {
    apikey: KEY,
    transports: ['websocket'],
    reconnectionDelay: 10,
    ...options,
    onEvent: async (message) => {
      messages.push(message)
      offsets.push(message.offset)
      watch.changed()
      await options.onEvent?.(message)
    },
    onResumed: (message) => {
      resumed.push(message)
      watch.changed()
      options.onResumed?.(message)
    },
    onError: (error) => {
      errors.push(error)
      watch.changed()
    }
  })
  t.after(() => connection.close())
  return { connection, messages, offsets, resumed, errors, until: (isSo: () => boolean) => watch.until(isSo) }
}

/** A handler that waits until `open` is called. */
export function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { pass: () => promise, open: resolve }
}

export const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index)
