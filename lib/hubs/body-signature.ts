import { createHmac, timingSafeEqual, type Hmac } from 'node:crypto'
import { SignatureInvalidError } from '../errors.ts'
import { excerpt } from '../text/excerpt.ts'
import type { Hub, HubSignature } from './hub.ts'

export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** A hub that signs its webhooks. */
export type SigningHub = Pick<Hub, 'title'> & { signature: HubSignature }

/** Checks the signature of one body while it arrives. */
export class BodySignature {
  readonly #hub: SigningHub
  readonly #given: Buffer
  readonly #hmac: Hmac

  /** @throws {SignatureInvalidError} the headers have no signature in the hub's form */
  constructor(hub: SigningHub, { key, headers }: { key: string; headers: Headers }) {
    const { header, algorithmHeader, algorithm, setting } = hub.signature
    const given = headers[header]
    if (given === undefined)
      throw new SignatureInvalidError(
        `The body is not signed: in ${hub.title}, set ${setting} to the HMAC key that this server has (header ${header} is missing)`
      )
    const named = headers[algorithmHeader]
    if (named !== algorithm)
      throw new SignatureInvalidError(
        `The header ${algorithmHeader} must be ${algorithm} (got ${named === undefined ? 'none' : `"${excerpt(String(named))}"`})`
      )
    this.#hub = hub
    this.#hmac = createHmac(algorithm, key)
    // Invalid digits end the conversion, so the length differs.
    this.#given = Buffer.from(String(given), 'hex')
  }

  /** Adds the next part of the body. */
  update(part: Buffer): void {
    this.#hmac.update(part)
  }

  /** Compares in constant time, after the last part. @throws {SignatureInvalidError} */
  verify(): void {
    const expected = this.#hmac.digest()
    if (expected.length === this.#given.length && timingSafeEqual(expected, this.#given)) return
    const { title, signature } = this.#hub
    throw new SignatureInvalidError(
      `The signature does not match the body: ${signature.setting} in ${title} differs from the HMAC key of this server, or a proxy changed the body`
    )
  }
}
