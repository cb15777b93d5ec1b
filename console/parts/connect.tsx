import { useState } from 'preact/hooks'
import { clientSnippet, socketIoSnippet } from '../snippets.ts'
import { texts } from '../texts/current.ts'
import { Snippet } from './snippet.tsx'

const CLIENTS = { client: clientSnippet, 'socket.io': socketIoSnippet }
type Client = keyof typeof CLIENTS

/** Code of a client for this instance, with a copy button. */
export function Connect({ name, path }: { name: string; path: string }) {
  const t = texts.value.connect
  const [client, setClient] = useState<Client>('client')
  return (
    <section class="connect" aria-label={t.title}>
      <h3>{t.title}</h3>
      <div class="row" role="radiogroup" aria-label={t.with}>
        {(Object.keys(CLIENTS) as Client[]).map((choice) => (
          <label key={choice} class="check">
            <input type="radio" name="client" checked={client === choice} onChange={() => setClient(choice)} />
            <span>{t.clients[choice]}</span>
          </label>
        ))}
      </div>
      <Snippet text={CLIENTS[client]({ page: location.href, path, instance: name })} label={t.title} />
      <p class="help">{t.key}</p>
    </section>
  )
}
