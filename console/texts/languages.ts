export type Language = 'en' | 'pt-BR'

/** Each language by its own name. */
export const LANGUAGES: Record<Language, string> = { en: 'English', 'pt-BR': 'Português' }

/** The first supported language of a browser's list, else English. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [primary] = tag.toLowerCase().split('-')
    if (primary === 'en') return 'en'
    if (primary === 'pt') return 'pt-BR'
  }
  return 'en'
}
