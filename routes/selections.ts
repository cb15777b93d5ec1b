import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { TransportDisabledError } from '../lib/errors.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { InstanceParams } from '../lib/schemas/instances.ts'
import { FindReply, type SelectionReply, selectionReply, setBody, setReply, unwrap } from '../lib/schemas/selections.ts'
import type { InstanceQueue } from '../lib/sqs/instance-queues.ts'
import type { SelectionRequest, SetOptions } from '../lib/instances/selections.ts'
import type { Instance, Selection, TransportName } from '../lib/instances/instance.ts'
import { authorize, onlyForHolder } from './keys.ts'

export interface SelectionRoutesOptions {
  transport: TransportName
  /** Summary of `set` for OpenAPI. */
  summary: string
  /** `undefined` if the transport is switched off. */
  emitter: SelectionEmitter | undefined
}

interface SelectionEmitter {
  set(
    instance: string,
    request: SelectionRequest,
    options: SetOptions
  ): Promise<{
    instance: Instance
    selection: Selection
    queues?: InstanceQueue[]
    alsoSentTo?: string[]
    notes: string[]
  }>
}

/** `POST /<transport>/set/:instance`, `GET /<transport>/find/:instance` */
const selectionRoutes: FastifyPluginAsyncTypebox<SelectionRoutesOptions> = async (fastify, options) => {
  const { transport, summary, emitter } = options
  const config = authorize('instance')

  fastify.post(`/${transport}/set/:instance`, {
    config,
    schema: {
      operationId: `${transport}Set`,
      tags: [transport],
      summary,
      params: InstanceParams,
      body: setBody(transport),
      response: { 201: setReply(transport), ...errorReplies(400, 401, 404, 409, 413, 415, 502, 503) }
    },
    handler: async (request, reply) => {
      if (!emitter) throw new TransportDisabledError(transport)
      const { request: wanted, prefix } = unwrap(request.body, transport)
      const { instance, selection, queues, alsoSentTo, notes } = await emitter.set(request.params.instance, wanted, {
        prefix,
        ...onlyForHolder(request)
      })
      return reply.code(201).send({
        ...shown(selection, instance),
        ...(queues && { queues }),
        ...(alsoSentTo?.length && { alsoSentTo }),
        ...(notes.length > 0 && { notes })
      })
    }
  })

  fastify.get(`/${transport}/find/:instance`, {
    config,
    schema: {
      operationId: `${transport}Find`,
      tags: [transport],
      summary: 'Read the stored selection; null if there is none',
      params: InstanceParams,
      response: { 200: FindReply, ...errorReplies(400, 401, 404) }
    },
    handler: async (request) => {
      const instance = fastify.eventLog.instances.require(request.params.instance)
      const selection = instance.selections[transport]
      return selection ? shown(selection, instance) : null
    }
  })

  function shown(selection: Selection, instance: Instance): SelectionReply {
    const catalogue = fastify.eventLog.catalogueOf(instance.name)
    const reply = selectionReply(selection, { instance, catalogue })
    return { ...reply, events: catalogue.withAliases(reply.events) }
  }
}

export default selectionRoutes
