import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { mock } from 'node:test'
import t from 'tap'
import { fileWriter, pipeWriter } from '../../lib/standalone/line-writer.ts'
import { LogStream } from '../../lib/standalone/log-stream.ts'
import { folder } from '../support/build.ts'

/** A log that records its lines, unless it fails. */
function start() {
  const written: string[] = []
  const recovered: number[] = []
  const state: { failure: NodeJS.ErrnoException | undefined } = { failure: undefined }
  const write = (line: string) => {
    if (!state.failure) written.push(line)
    return state.failure
  }
  const log = new LogStream({
    writer: { write, flush: async () => {} },
    onRecovered: (dropped) => recovered.push(dropped)
  })
  return { log, written, recovered, state }
}

t.test('held lines are written in order, after writeFirst', async (t) => {
  const { log, written } = start()
  log.hold(60_000)
  log.write('a')
  log.write('b')
  log.writeFirst('banner')
  t.same(written, ['banner'])
  log.release()
  log.write('c')
  log.release()
  t.same(written, ['banner', 'a', 'b', 'c'])
})

t.test('held lines are written after the maximum time', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.after(() => mock.timers.reset())
  const { log, written } = start()
  log.hold(2_000)
  log.write('a')
  mock.timers.tick(1_999)
  t.same(written, [])
  mock.timers.tick(1)
  log.write('b')
  t.same(written, ['a', 'b'])
})

t.test('lost lines are counted, including those before countDropped, until a line is written', async (t) => {
  const { log, written, recovered, state } = start()
  state.failure = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  log.write('a')
  let counted = 0
  log.countDropped((lines) => (counted += lines))
  t.match(log.trouble, { code: 'ENOSPC', message: 'One line of the log could not be written: no space left on device' })
  const { since } = log.trouble as { since: Date }
  log.write('b')
  t.match(log.trouble, { message: /^2 lines of the log could not be written: /, since })
  t.equal(counted, 2)
  state.failure = undefined
  log.write('c')
  t.same({ written, recovered, trouble: log.trouble }, { written: ['c'], recovered: [2], trouble: undefined })
  state.failure = new Error('without a code')
  log.write('d')
  t.match(log.trouble, { code: 'Error', message: /^One line / })
})

t.test('a write error of a file is returned', async (t) => {
  const path = join(folder(t), 'log')
  const fd = openSync(path, 'a')
  const { write, flush } = fileWriter(fd)
  t.equal(write('{"a":1}\n'), undefined)
  await flush()
  t.equal(readFileSync(path, 'utf8'), '{"a":1}\n')
  closeSync(fd)
  t.match(write('{"b":1}\n'), { code: 'EBADF' })
})

t.test('after a line that was cut, the next one starts on a new line', async (t) => {
  const path = join(folder(t), 'pipe')
  execFileSync('mkfifo', [path])
  // Takes a part of what is larger than its buffer, as a disk does that becomes full.
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  t.after(() => closeSync(fd))
  const read = () => {
    const buffer = Buffer.alloc(1_048_576)
    return buffer.toString('utf8', 0, readSync(fd, buffer))
  }
  const { write } = fileWriter(fd)
  const long = `${'x'.repeat(1_000_000)}\n`
  t.match(write(long), { code: 'EAGAIN' })
  const cut = read()
  t.ok(cut.length > 0 && cut.length < long.length)
  t.strictSame([write('a\n'), write('b\n')], [undefined, undefined])
  t.equal(read(), '\na\nb\n')
})

t.test('the buffer for a slow reader is bounded, and flush waits a second for it at most', async (t) => {
  const waiting: (() => void)[] = []
  const stream = new Writable({ write: (_chunk, _encoding, done) => void waiting.push(done) })
  const { write, flush } = pipeWriter(stream)
  await flush()
  t.equal(write('x'.repeat(1_048_577)), undefined)
  t.match(write('one more'), { code: 'EAGAIN', message: 'the standard output is not being read' })
  await flush()
  const flushed = flush()
  for (let done = waiting.shift(); done; done = waiting.shift()) {
    done()
    await new Promise(setImmediate)
  }
  await flushed
  t.equal(write('again'), undefined)
})

t.test('after the reader has gone, every write returns the error', async (t) => {
  const stream = new PassThrough()
  const { write } = pipeWriter(stream)
  stream.destroy(Object.assign(new Error('broken pipe'), { code: 'EPIPE' }))
  await new Promise(setImmediate)
  t.match(write('a'), { code: 'EPIPE' })
})
