/** Numbers for texts, from 1 on as PostgreSQL counts. */
export class Numbering {
  readonly texts: string[] = []
  readonly #numbers = new Map<string, number>()

  of(text: string): number {
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.texts.push(text)
      this.#numbers.set(text, number)
    }
    return number
  }
}
