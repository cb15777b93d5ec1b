import { BackpressureError } from '../errors.ts'
import { saying } from '../message-code.ts'
import { excerpt } from '../text/excerpt.ts'
import { SharedBytes } from '../memory/shared-bytes.ts'
import { FairTurns, type Turn } from './fair-turns.ts'

/** Marks an address: no name of an instance has a line break. */
const ADDRESS = '\n'

/** Returns the sender of bodies whose instance is not known before they are read. */
export function addressSender(address: string): string {
  return ADDRESS + address
}

/** Bounds the memory that request bodies take together, and the time for which they hold the event loop. */
export class BodyIntake {
  /** By sender. */
  readonly #bytes: SharedBytes<string>
  readonly #turns = new FairTurns()

  /** @param maxBytes of all bodies that are being received, or were received and are not answered yet */
  constructor(maxBytes: number) {
    this.#bytes = new SharedBytes(maxBytes)
  }

  /**
   * Counts one body with a larger size than before. A sender alone has at most half of the limit, with others less.
   * @param change `from` is 0 for one that begins
   * @throws {BackpressureError} there is no room for it
   */
  resize(sender: string, { from, to }: { from: number; to: number }): void {
    const bytes = this.#bytes
    bytes.remove(sender, from)
    if (bytes.fits(sender, to)) return bytes.add(sender, to)
    const [others, own] = [bytes.held, bytes.of(sender)]
    bytes.add(sender, from)
    const error = new BackpressureError(
      `${others} bytes of other requests with events are in progress, ${own} of them for ${nameOf(sender)}: the limit is ${bytes.max} (bodiesLimit), and one instance or address may use at most half of it`
    )
    throw saying(error, { code: 'bodiesFull', values: [others, own, bytes.max] })
  }

  /** Counts a body no more. */
  end(sender: string, bytes: number): void {
    this.#bytes.remove(sender, bytes)
  }

  /** Runs work on bodies that are not small, one after the other. */
  inTurn<T>(turn: Turn, work: () => T | Promise<T>): Promise<T> {
    return this.#turns.run(turn, work)
  }
}

/** What one body has of an intake. */
export class BodyShare {
  /** Whose body it is. */
  readonly sender: string
  readonly #intake: BodyIntake
  #bytes = 0
  #ended = false

  /** @param sender the name of an instance, or `addressSender` */
  constructor(intake: BodyIntake, sender: string) {
    this.#intake = intake
    this.sender = sender
  }

  /** Grows to so many bytes, if it has fewer. @throws {BackpressureError} there is no room */
  growTo(bytes: number): void {
    if (this.#ended || bytes <= this.#bytes) return
    this.#intake.resize(this.sender, { from: this.#bytes, to: bytes })
    this.#bytes = bytes
  }

  /** To be called once: its request is answered, or its connection gone. */
  end(): void {
    this.#ended = true
    this.#intake.end(this.sender, this.#bytes)
  }
}

function nameOf(sender: string): string {
  return sender.startsWith(ADDRESS) ? `the address ${excerpt(sender.slice(1))}` : `the "${excerpt(sender)}" instance`
}
