import { explanationOfFault, type Told } from '../explain.ts'
import { messageWords, sentenceOf } from '../texts/message-words.ts'
import { OriginalText } from './original-text.tsx'

/**
 * The message of a fault, which this server, AWS or the browser has written in English. Another language has the sentence of its
 * code and what its params say instead, and the message on demand if it says more.
 */
export function ServerText(fault: Told) {
  const words = messageWords.value
  const { text, original } = explanationOfFault(fault, words)
  const sentences = [words.faults && sentenceOf(fault.code), text].filter((one) => one !== undefined)
  return (
    <>
      {sentences.length > 0 && <span class="said">{sentences.join(' ')}</span>}
      <OriginalText messages={original === undefined ? [] : [original]} />
    </>
  )
}
