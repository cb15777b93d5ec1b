const QUOTE = 0x22
const COLON = 0x3a
const ZERO = 0x30
const NINE = 0x39
const NUMBER = Buffer.from('"data":{"n":')

/** Counts the events of one socket, and checks that they are complete and in order. */
export class Tally {
  received = 0
  bytes = 0
  #last = 0
  #offset = 0
  /** Position of the event's number in a frame, which is the same in all frames of a socket. */
  #place = 0

  /** @throws an event is missing, repeated or out of order */
  add(buffer: Buffer, start: number, end: number): void {
    if (this.#place === 0) this.#place = buffer.indexOf(NUMBER, start) + NUMBER.length - start
    const place = start + this.#place
    if (buffer[place - 1] !== COLON || buffer[place - 2] !== QUOTE) throw new Error('An event of another form')
    const number = digitsFrom(buffer, place)
    if (this.#last > 0 && number !== this.#last + 1) {
      throw new Error(`After event ${this.#last} came ${number}`)
    }
    const offset = digitsBefore(buffer, end)
    if (offset <= this.#offset) throw new Error(`After offset ${this.#offset} came ${offset}`)
    this.#last = number
    this.#offset = offset
    this.received++
    this.bytes += end - start
  }
}

function isDigit(byte: number | undefined): byte is number {
  return byte !== undefined && byte >= ZERO && byte <= NINE
}

function digitsFrom(buffer: Buffer, start: number): number {
  let value = 0
  for (let at = start, byte = buffer[at]; isDigit(byte); byte = buffer[++at]) value = value * 10 + byte - ZERO
  return value
}

/** The last number of a frame; what follows it is `}]`. */
function digitsBefore(buffer: Buffer, end: number): number {
  let value = 0
  let scale = 1
  for (let at = end - 3, byte = buffer[at]; isDigit(byte); byte = buffer[--at]) {
    value += (byte - ZERO) * scale
    scale *= 10
  }
  return value
}
