import { computed } from '@preact/signals'
import type { MessageWords } from '../explain.ts'
import { language } from '../state/preferences.ts'
import { texts } from './current.ts'
import { faultsPtBr } from './faults/pt-br.ts'
import { formats } from './formats.ts'

const FAULTS = { en: undefined, 'pt-BR': faultsPtBr }

/** How the current language says what messages of the server say. */
export const messageWords = computed<MessageWords>(() => ({
  faults: FAULTS[language.value],
  count: formats.value.count
}))

/** What a code of the server says; `undefined` for codes of AWS and of operating systems. */
export function sentenceOf(code: string): string | undefined {
  const { errors } = texts.value
  return Object.hasOwn(errors, code) ? errors[code as keyof typeof errors] : undefined
}
