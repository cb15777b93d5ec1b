import { useState } from 'preact/hooks'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

interface LogFindProps {
  /** Called with a text to search for. */
  onSearch: (text: string) => void
  /** Called with a time in ISO 8601. */
  onJump: (time: string) => void
}

/** The fields of a search in the log, and of a time to go to. */
export function LogFind({ onSearch, onJump }: LogFindProps) {
  const t = texts.value
  const [text, setText] = useState('')
  const [time, setTime] = useState('')
  return (
    <div class="row log-find">
      <form
        role="search"
        class="row nowrap"
        onSubmit={(event) => {
          event.preventDefault()
          onSearch(text.trim())
        }}
      >
        <label class="field grow">
          <span>{t.log.search}</span>
          <input
            type="search"
            value={text}
            maxLength={MAX_SEARCH}
            placeholder={t.log.searchHelp}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary">
          {t.log.find}
        </button>
      </form>
      <form
        class="row nowrap"
        onSubmit={(event) => {
          event.preventDefault()
          // In the time zone of the browser.
          if (time !== '') onJump(new Date(time).toISOString())
        }}
      >
        <label class="field">
          <span>{t.log.jump(formats.value.zone())}</span>
          <input type="datetime-local" step="1" value={time} onInput={(event) => setTime(event.currentTarget.value)} />
        </label>
        <button type="submit">{t.log.go}</button>
      </form>
    </div>
  )
}

/** As the server limits it. */
const MAX_SEARCH = 200
