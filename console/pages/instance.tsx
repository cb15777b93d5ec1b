import { useState } from 'preact/hooks'
import { getInstance } from '../api/requests.ts'
import { ActivityFacts } from '../parts/activity.tsx'
import { Connect } from '../parts/connect.tsx'
import { CreateInstance } from '../parts/create-instance.tsx'
import { EventFlow } from '../parts/event-flow.tsx'
import { HubWebhook } from '../parts/hub-webhook.tsx'
import { DangerZone } from '../parts/danger-zone.tsx'
import { Limits } from '../parts/limits.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Problem } from '../parts/problem.tsx'
import { Queues } from '../parts/queues.tsx'
import { SilenceLimit } from '../parts/silence-limit.tsx'
import { TransportCard } from '../parts/transport-card.tsx'
import { href } from '../route.ts'
import { ownInstance, session } from '../state/session.ts'
import { useReturn } from '../state/use-return.ts'
import { useLoaded } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

export function InstancePage({ name }: { name: string }) {
  const t = texts.value
  const { value: instance, error, loading, reload } = useLoaded(name, (signal) => getInstance(name, signal))
  useReturn(reload)
  const [creating, setCreating] = useState(false)
  // Hides the loaded data of an instance that was deleted elsewhere.
  const gone = error?.code === 'IEV_INSTANCE_NOT_FOUND'
  const server = session.value?.server
  return (
    <>
      {ownInstance.value === undefined && (
        <p class="crumbs">
          <a href={href('instances')}>← {t.pages.instances}</a>
        </p>
      )}
      <PageHead
        title={name}
        {...(instance && { lead: t.instancePage.since(formats.value.dateTime(instance.createdAt)) })}
      >
        <a class="button" href={href('live', name)}>
          {t.pages.live}
        </a>
        <a class="button" href={href('history', name)}>
          {t.pages.history}
        </a>
        <a class="button" href={href('send', name)}>
          {t.pages.send}
        </a>
      </PageHead>
      <Problem error={error} {...(!gone && { onRetry: reload })} />
      {gone && ownInstance.value === undefined && (
        <div class="row">
          <button type="button" class="primary" onClick={() => setCreating(true)}>
            {t.instances.create}
          </button>
        </div>
      )}
      {creating && <CreateInstance name={name} onCreated={reload} onClose={() => setCreating(false)} />}
      {!instance && loading && <p class="muted">{t.loading}</p>}
      {instance && !gone && server && (
        <>
          <ActivityFacts activity={instance.activity} />
          <EventFlow instance={instance} />
          <div class="columns">
            <TransportCard transport="sqs" instance={instance} available={server.sqs !== null} onSaved={reload}>
              {instance.sqs.enabled && <Queues of={`${name} ${instance.sqs.updatedAt}`} name={name} />}
            </TransportCard>
            <TransportCard
              transport="websocket"
              instance={instance}
              available={server.websocket !== null}
              onSaved={reload}
            >
              {instance.websocket.enabled && server.websocket && <Connect name={name} path={server.websocket.path} />}
            </TransportCard>
          </div>
          {ownInstance.value === undefined && <HubWebhook instance={instance} />}
          {ownInstance.value === undefined && server.operator?.instance !== name && (
            <>
              <SilenceLimit key={`silence of ${name}`} instance={instance} onSaved={reload} />
              <Limits key={`limits of ${name}`} instance={instance} defaults={server.limits} onSaved={reload} />
            </>
          )}
          <DangerZone name={name} />
        </>
      )}
    </>
  )
}
