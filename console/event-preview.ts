import { jsonTokens } from './json-tokens.ts'

const MAX_CHARACTERS = 160

/** One line that tells events apart: their text if it is a message, else their data. */
export function eventPreview(data: unknown): string {
  const shown = messageText(data) ?? (data === undefined ? '' : compact(data))
  return shown.length > MAX_CHARACTERS ? `${shown.slice(0, MAX_CHARACTERS)}…` : shown
}

/** Only as much of it as is shown: an event may be megabytes. */
function compact(data: unknown): string {
  const { tokens } = jsonTokens(data, { indent: 0, maxCharacters: MAX_CHARACTERS + 1 })
  return tokens.map(({ text }) => text).join('')
}

function messageText(data: unknown): string | undefined {
  const { message, pushName } = (data ?? {}) as { message?: unknown; pushName?: unknown }
  if (typeof message !== 'object' || message === null) return undefined
  // A text of its own, or what stands with a picture, a video or a quotation.
  const texts = Object.entries(message).flatMap(([kind, part]: [string, unknown]) => {
    const { caption, text } = (part ?? {}) as { caption?: unknown; text?: unknown }
    return kind === 'conversation' ? [part] : [caption, text]
  })
  const said = texts.find((text) => typeof text === 'string')
  if (said === undefined) return undefined
  return typeof pushName === 'string' ? `${pushName}: ${said}` : said
}
