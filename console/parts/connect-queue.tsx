import { useState } from 'preact/hooks'
import type { Queues } from '../api/types.ts'
import { n8nSnippet, nodeSnippet, phpSnippet, pythonSnippet } from '../snippets/queues.ts'
import { session } from '../state/session.ts'
import { texts } from '../texts/current.ts'
import { SnippetChoice } from './snippet-choice.tsx'

/** Code that reads a queue of this instance. */
export function ConnectQueue({ queues }: { queues: Queues['queues'] }) {
  const t = texts.value.connectQueue
  const [picked, setPicked] = useState<string | undefined>()
  const queue = queues.find(({ name }) => name === picked) ?? queues[0]
  const { region = null, endpoint = null } = session.value?.server.sqs ?? {}
  if (!queue) return null
  const target = { queue: queue.name, url: queue.url, region, endpoint }
  return (
    <div class="connect">
      <h3>{t.title}</h3>
      {queues.length > 1 && (
        <label class="field">
          <span>{t.queue}</span>
          <select value={queue.name} onChange={(event) => setPicked(event.currentTarget.value)}>
            {queues.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <SnippetChoice
        title={t.title}
        choice={t.with}
        snippets={{
          'Node.js': nodeSnippet(target),
          Python: pythonSnippet(target),
          PHP: phpSnippet(target),
          n8n: n8nSnippet(target)
        }}
        help={t.help}
      />
    </div>
  )
}
