import type { MessageParams } from '../lib/error-class.ts'
import type { FaultTexts } from './texts/faults/fault-texts.ts'

/** What an error of the server says. */
export interface Refusal {
  code: string
  messages: readonly string[]
  /** What each message says, at the same place; shorter if only the messages tell. */
  params: readonly (MessageParams | null)[]
}

/** A message of an error in the page's language. */
export interface Explanation {
  /** `undefined`: nothing but the original, or what the code of the error says. */
  text: string | undefined
  /** The message of the server, which is English; `undefined`: the text, or that of the code, says all of it. */
  original: string | undefined
}

/** How a language says what messages of the server say. */
export interface MessageWords {
  /** `undefined`: the language is the server's. */
  faults: FaultTexts | undefined
  /** Writes a number. */
  count(value: number): string
}

/** The part of a request in front of a member's name. */
const PLACE = /^(body|querystring)[./]/
/** Codes of messages that quote others: AWS, PostgreSQL, SQLite and the file system. */
const QUOTING = new Set([
  'IEV_SQS_QUEUE_UNAVAILABLE',
  'IEV_STORE_DAMAGED',
  'databaseAway',
  'fileNotSynced',
  'logUnwritable'
])

/** What an error says, one for each of its messages. */
export function explanationsOf({ code, messages, params }: Refusal, words: MessageWords): Explanation[] {
  return messages.map((message, index) => {
    if (!words.faults) return { text: message, original: undefined }
    const said = params[index] ?? undefined
    const text = textOf(said, words)
    const isSaid = text === undefined ? said?.code === code && said.values.length === 0 : !QUOTING.has(said?.code ?? '')
    return { text, original: isSaid ? undefined : message }
  })
}

/** A fault, whose message has a sentence for each of its params. */
export interface Told {
  code: string
  message: string
  params?: Refusal['params']
}

/** What a fault says, in one text. */
export function explanationOfFault({ code, message, params = [] }: Told, words: MessageWords): Explanation {
  if (!words.faults) return { text: message, original: undefined }
  const said = params.flatMap((one) => explanationsOf({ code, messages: [message], params: [one] }, words))
  const texts = said.flatMap(({ text }) => text ?? [])
  const isSaid = said.length > 0 && said.every(({ original }) => original === undefined)
  return { text: texts.length > 0 ? texts.join(' ') : undefined, original: isSaid ? undefined : message }
}

/** What a refused request says of a field, such as `filter.key`. */
export function explanationsOfField(error: Refusal | undefined, field: string, words: MessageWords): Explanation[] {
  if (!error) return []
  const named = (message: string) => {
    const text = message.replace(PLACE, '')
    return text.startsWith(field) && !/^\w/.test(text.slice(field.length))
  }
  return explanationsOf(error, words)
    .filter((_, index) => named(error.messages[index] as string))
    .map(({ text, original }) => ({ text: text?.replace(PLACE, ''), original: original?.replace(PLACE, '') }))
}

function textOf(params: MessageParams | undefined, { faults, count }: MessageWords): string | undefined {
  if (!faults || !params || !Object.hasOwn(faults, params.code)) return undefined
  const { code, field = '', values } = params
  const write = faults[code as keyof FaultTexts]
  return write(field.replace(PLACE, ''), ...values.map((value) => (typeof value === 'number' ? count(value) : value)))
}
