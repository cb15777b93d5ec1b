import { computed } from '@preact/signals'
import { language } from '../state/preferences.ts'
import { en, type Texts } from './en.ts'
import type { Language } from './languages.ts'
import { ptBr } from './pt-br.ts'

const TEXTS: Record<Language, Texts> = { en, 'pt-BR': ptBr }

/** Read in a component, it is shown anew when the language changes. */
export const texts = computed(() => TEXTS[language.value])
