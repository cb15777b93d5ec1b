/** A JSON value that was checked and stays as it was written: no digit of a number is lost, and nothing is built to be written again. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** For hooks of a host that write bodies into a log. */
  toJSON(): unknown {
    return JSON.parse(this.text)
  }
}
