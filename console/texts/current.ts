import { computed } from '@preact/signals'
import { language } from '../state/preferences.ts'
import { en, type Texts } from './en.ts'
import type { Language } from './languages.ts'
import { ptBr } from './pt-br.ts'

const TEXTS: Record<Language, Texts> = { en, 'pt-BR': ptBr }

/** The texts of the current language. A component that reads them is rendered again when the language changes. */
export const texts = computed(() => TEXTS[language.value])
