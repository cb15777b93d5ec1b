export interface JsonToken {
  kind: 'key' | 'string' | 'number' | 'word' | 'mark'
  text: string
}

export interface JsonTokens {
  tokens: JsonToken[]
  /** True if the tokens omit a part of the value. */
  cut: boolean
}

export interface JsonTokenOptions {
  /** Spaces per level. @default 2 */
  indent?: number
  /** @default 20000, which browsers draw without a visible delay */
  maxTokens?: number
  /** @default 500000 */
  maxCharacters?: number
}

/** Characters of one text, at most; longer ones are mostly base64. */
const MAX_TEXT = 2_000
/** Levels, at most. The size of the indentation grows with the square of the depth. */
const MAX_DEPTH = 100

/** Splits a value into tokens of JSON for colouring, limited to what a page can show. */
export function jsonTokens(value: unknown, options: JsonTokenOptions = {}): JsonTokens {
  const writer = new TokenWriter(options)
  writer.value(value, 0)
  return { tokens: writer.tokens, cut: writer.cut }
}

class TokenWriter {
  readonly tokens: JsonToken[] = []
  cut = false
  readonly #indent: number
  readonly #maxTokens: number
  readonly #maxCharacters: number
  #characters = 0

  constructor({ indent = 2, maxTokens = 20_000, maxCharacters = 500_000 }: JsonTokenOptions) {
    this.#indent = indent
    this.#maxTokens = maxTokens
    this.#maxCharacters = maxCharacters
  }

  value(value: unknown, depth: number): void {
    if (typeof value === 'string') this.#write('string', quoted(value))
    else if (typeof value === 'number') this.#write('number', String(value))
    else if (Array.isArray(value)) this.#list(value, depth)
    else if (typeof value === 'object' && value !== null) this.#object(value, depth)
    else this.#write('word', String(value ?? null))
  }

  #list(list: unknown[], depth: number): void {
    this.#block('[]', list, depth, (item) => this.value(item, depth + 1))
  }

  #object(object: object, depth: number): void {
    this.#block('{}', Object.keys(object), depth, (key) => {
      this.#write('key', quoted(key))
      this.#write('mark', this.#indent === 0 ? ':' : ': ')
      this.value((object as Record<string, unknown>)[key], depth + 1)
    })
  }

  #block<T>(brackets: '[]' | '{}', items: T[], depth: number, each: (item: T) => void): void {
    const [open, close] = brackets
    if (items.length === 0) return this.#write('mark', brackets)
    if (depth >= MAX_DEPTH) {
      this.#write('mark', `${open}…${close}`)
      this.cut = true
      return
    }
    let before = open
    for (const item of items) {
      this.#write('mark', `${before}${this.#line(depth + 1)}`)
      each(item)
      if (this.#full) break
      before = ','
    }
    this.#write('mark', `${this.#line(depth)}${close}`)
  }

  #line(depth: number): string {
    return this.#indent === 0 ? '' : `\n${' '.repeat(this.#indent * depth)}`
  }

  get #full(): boolean {
    return this.tokens.length >= this.#maxTokens || this.#characters >= this.#maxCharacters
  }

  #write(kind: JsonToken['kind'], text: string): void {
    const last = this.tokens.at(-1)
    if (this.#full) {
      this.cut = true
      return
    }
    this.#characters += text.length
    if (kind === 'mark' && last?.kind === 'mark') last.text += text
    else this.tokens.push({ kind, text })
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… (${text.length})`)
}
