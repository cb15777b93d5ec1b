import { effect, signal, type Signal } from '@preact/signals'
import { preferredLanguage, type Language } from '../texts/languages.ts'

export type Theme = 'system' | 'light' | 'dark'

const PREFIX = 'instance-events-console.'

/** Preferences, stored in this browser. Keys never are. */
export const theme: Signal<Theme> = kept('theme', ['system', 'light', 'dark'], 'system')
export const language: Signal<Language> = kept('language', ['en', 'pt-BR'], preferredLanguage(navigator.languages))

function kept<T extends string>(name: string, choices: readonly T[], fallback: T): Signal<T> {
  const stored = localStorage.getItem(PREFIX + name)
  const value = signal(choices.find((choice) => choice === stored) ?? fallback)
  let first = true
  effect(() => {
    const chosen = value.value
    // A preference that the user has not set follows the browser, so it is not stored.
    if (!first) localStorage.setItem(PREFIX + name, chosen)
    first = false
  })
  return value
}

effect(() => {
  document.documentElement.lang = language.value
})
effect(() => {
  if (theme.value === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme.value
})
