import { pollingSnippet, streamSnippet } from '../snippets/http.ts'
import { clientSnippet, socketIoSnippet, type SocketTarget } from '../snippets/sockets.ts'
import { texts } from '../texts/current.ts'
import { SnippetChoice } from './snippet-choice.tsx'

/** Code of a client for this instance. */
export function Connect({ name, path }: { name: string; path: string }) {
  const t = texts.value.connect
  const target: SocketTarget = { page: location.href, path, instance: name }
  return (
    <div class="connect">
      <h3>{t.title}</h3>
      <SnippetChoice
        title={t.title}
        choice={t.with}
        snippets={{
          connectInstance: clientSnippet(target),
          'socket.io-client': socketIoSnippet(target),
          [t.stream]: streamSnippet(target),
          [t.polling]: pollingSnippet(target)
        }}
        help={t.key}
      />
    </div>
  )
}
