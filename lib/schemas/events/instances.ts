import { Type } from '@sinclair/typebox'
import { InstanceId, InstanceName, OpenObject } from './parts.ts'

const INSTANCE_ID = '7d3d6f0e-8f5c-4b0a-9a41-0f0f4b1f2a10'

const InstanceOfHub = { instanceName: InstanceName, instanceId: InstanceId }

/** Data of events about the hub and its instances. */
export const instanceSchemas = {
  'application.startup': OpenObject({}, { description: 'The hub has started.', examples: [{}] }),
  'instance.create': OpenObject(InstanceOfHub, {
    description: 'The hub has created an instance.',
    examples: [{ instanceName: 'sales', instanceId: INSTANCE_ID }]
  }),
  'instance.delete': OpenObject(InstanceOfHub, {
    description: 'The hub has deleted an instance.',
    examples: [{ instanceName: 'sales', instanceId: INSTANCE_ID }]
  }),
  'remove.instance': Type.Null({ description: 'The hub has removed the instance from its memory.', examples: [null] }),
  'logout.instance': Type.Null({ description: 'The instance was logged out.', examples: [null] }),
  'status.instance': OpenObject(
    {
      instance: InstanceName,
      status: Type.String({ description: '`created`, `closed` or `removed`.' }),
      disconnectionAt: Type.Optional(Type.String({ description: 'ISO 8601.' })),
      disconnectionReasonCode: Type.Optional(
        Type.Integer({ description: "Code of Baileys' DisconnectReason; 401: logged out." })
      ),
      disconnectionObject: Type.Optional(Type.String({ description: 'JSON of the last disconnection.' }))
    },
    {
      description: 'The instance was created, or its session has ended permanently.',
      examples: [
        {
          instance: 'sales',
          status: 'closed',
          disconnectionAt: '2026-01-31T12:00:00.000Z',
          disconnectionReasonCode: 401,
          disconnectionObject: '{"error":{"data":{"reason":"401"}}}'
        }
      ]
    }
  )
}
