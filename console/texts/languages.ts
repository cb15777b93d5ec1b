export type Language = 'en' | 'pt-BR'

/** By their own names: who reads one does not read the other. */
export const LANGUAGES: Record<Language, string> = { en: 'English', 'pt-BR': 'Português' }

/** The first that we have of those that a browser asks for. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [primary] = tag.toLowerCase().split('-')
    if (primary === 'en') return 'en'
    if (primary === 'pt') return 'pt-BR'
  }
  return 'en'
}
