/** A valid JSON value as text. It is passed on as it was written: no digit of a number is lost, and no object is built. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** Returns the value, for hooks of a host that log bodies. */
  toJSON(): unknown {
    return JSON.parse(this.text)
  }
}
