import { Type, type Static } from '@sinclair/typebox'

/** The reply of `GET /instance/backlog/:instance`. */
export const BacklogReply = Type.Object(
  {
    instance: Type.Object({ instanceName: Type.String(), instanceId: Type.String() }),
    pending: Type.Integer({ minimum: 0, description: 'Deliveries that SQS has not accepted yet.' }),
    deadLetters: Type.Integer({ minimum: 0, description: 'Deliveries that were given up.' })
  },
  {
    examples: [
      {
        instance: { instanceName: 'sales', instanceId: '0d5f1f0e-8a06-4a26-9b7c-2f1d1bb1b8c5' },
        pending: 12,
        deadLetters: 3
      }
    ]
  }
)
export type BacklogReply = Static<typeof BacklogReply>
