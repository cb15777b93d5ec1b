import { language } from '../state/preferences.ts'
import { sentenceOf } from '../texts/message-words.ts'
import { OriginalText } from './original-text.tsx'

/**
 * The message of a fault, which this server, AWS or the browser has written in English. Another language has the sentence of its
 * code instead, and the message on demand.
 */
export function ServerText({ code, message }: { code: string; message: string }) {
  if (language.value === 'en') return <span class="said">{message}</span>
  const sentence = sentenceOf(code)
  return (
    <>
      {sentence !== undefined && <span class="said">{sentence}</span>}
      <OriginalText messages={[message]} />
    </>
  )
}
