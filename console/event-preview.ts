import { jsonTokens } from './json-tokens.ts'

const MAX_CHARACTERS = 160

/** One line of an event: the text of a message, else the data as JSON. */
export function eventPreview(data: unknown): string {
  const shown = messageText(data) ?? (data === undefined ? '' : compact(data))
  return shown.length > MAX_CHARACTERS ? `${shown.slice(0, MAX_CHARACTERS)}…` : shown
}

/** The start of the JSON, since an event may have megabytes. */
function compact(data: unknown): string {
  const { tokens } = jsonTokens(data, { indent: 0, maxCharacters: MAX_CHARACTERS + 1 })
  return tokens.map(({ text }) => text).join('')
}

function messageText(data: unknown): string | undefined {
  const { message, pushName } = (data ?? {}) as { message?: unknown; pushName?: unknown }
  if (typeof message !== 'object' || message === null) return undefined
  // The text of the message, or the caption of a picture or video, or the text of a quotation.
  const texts = Object.entries(message).flatMap(([kind, part]: [string, unknown]) => {
    const { caption, text } = (part ?? {}) as { caption?: unknown; text?: unknown }
    return kind === 'conversation' ? [part] : [caption, text]
  })
  const said = texts.find((text) => typeof text === 'string')
  if (said === undefined) return undefined
  return typeof pushName === 'string' ? `${pushName}: ${said}` : said
}
