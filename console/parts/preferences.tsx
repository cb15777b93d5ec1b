import { language, theme, type Theme } from '../state/preferences.ts'
import { texts } from '../texts/current.ts'
import { LANGUAGES, type Language } from '../texts/languages.ts'

const THEMES: Theme[] = ['system', 'light', 'dark']

export function Preferences() {
  const t = texts.value
  return (
    <div class="preferences">
      <label>
        <span class="hidden">{t.language}</span>
        <select value={language.value} onChange={(event) => (language.value = event.currentTarget.value as Language)}>
          {Object.entries(LANGUAGES).map(([value, name]) => (
            <option key={value} value={value} lang={value}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="hidden">{t.theme}</span>
        <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
          {THEMES.map((value) => (
            <option key={value} value={value}>
              {t.themes[value]}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}
