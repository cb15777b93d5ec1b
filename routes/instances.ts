import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { InstanceExistsError, InstanceNotFoundError, TransportDisabledError, UnauthorizedError } from '../lib/errors.ts'
import { assertInstanceName } from '../lib/instances/name.ts'
import { jsonArray } from '../lib/json/json-array.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { CreateBody, CreateReply, DeleteReply, TokenBody, TokenReply } from '../lib/schemas/instance-changes.ts'
import { InstanceParams, InstancesQuery, InstancesReply, instanceReply, pageOf } from '../lib/schemas/instances.ts'
import { isOfPage } from '../lib/instances/names.ts'
import type { SelectionInput } from '../lib/instances/directory.ts'
import type { Instance, TransportName } from '../lib/instances/instance.ts'
import { identityOf, authorize } from './keys.ts'

/** `POST /instance/create`, `GET /instance/fetchInstances`, `PUT /instance/token/:instance`, `DELETE /instance/delete/:instance` */
const instanceRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { instances } = fastify.eventLog
  const globalOnly = authorize('global')

  fastify.post('/instance/create', {
    config: globalOnly,
    schema: {
      operationId: 'createInstance',
      tags: ['instances'],
      summary: 'Register an instance and give it a token',
      body: CreateBody,
      response: { 201: CreateReply, ...errorReplies(400, 401, 403, 409, 413, 415, 502, 503) }
    },
    handler: async ({ body }, reply) => {
      const { instanceName: name, integration = null } = body
      assertInstanceName(name)
      if (instances.get(name)?.tokenHash) throw new InstanceExistsError(name)
      const token = body.token || randomUUID().toUpperCase()
      const selections: { [T in TransportName]?: SelectionInput } = {}
      if (body.websocket) {
        if (!fastify.hasDecorator('websocket')) throw new TransportDisabledError('websocket')
        selections.websocket = fastify.websocket.prepare(name, body.websocket, 'websocket.events').selection
      }
      if (body.sqs) {
        if (!fastify.hasDecorator('sqs')) throw new TransportDisabledError('sqs')
        selections.sqs = (await fastify.sqs.prepare(name, body.sqs, 'sqs.events')).selection
      }
      const { id } = await instances.create({ name, token, integration, selections })
      return reply.code(201).send({
        instance: { instanceName: name, instanceId: id, integration },
        hash: token,
        sqs: summary(selections.sqs),
        websocket: summary(selections.websocket)
      })
    }
  })

  fastify.get('/instance/fetchInstances', {
    config: authorize('any'),
    schema: {
      operationId: 'fetchInstances',
      tags: ['instances'],
      summary: 'List all instances, a page of them, the named one, or the one of the token; tokens are not listed',
      querystring: InstancesQuery,
      response: {
        200: InstancesReply,
        ...errorReplies(400, 401, 404)
      }
    },
    handler: async (request, reply) => {
      const { query } = request
      const page = pageOf(query)
      const identity = identityOf(request)
      const own = identity?.kind === 'instance' ? identity.instance : undefined
      const named = own ?? findNamed(query)
      if (own && !isNamed(own, query)) throw new UnauthorizedError('The key does not authorize this request')
      if (named) return !page || isOfPage(named.name, page) ? [instanceReply(named)] : []
      if (page) return (await instances.page(page)).map(instanceReply)
      // The stream has the JSON of an array, which is the type of the reply.
      const all = jsonArray(instances.list().map(instanceReply)) as unknown as []
      return reply.type('application/json; charset=utf-8').send(all)
    }
  })

  fastify.put('/instance/token/:instance', {
    config: globalOnly,
    preValidation: async (request) => {
      request.body ??= {}
    },
    schema: {
      operationId: 'setInstanceToken',
      tags: ['instances'],
      summary: 'Give an instance a new token; sockets with the old one are disconnected',
      params: InstanceParams,
      body: TokenBody,
      response: {
        200: TokenReply,
        ...errorReplies(400, 401, 404, 409, 413, 415, 503)
      }
    },
    handler: async ({ params: { instance: instanceName }, body }) => {
      const hash = body.token || randomUUID().toUpperCase()
      const { id: instanceId, integration } = await instances.setToken(instanceName, hash)
      return { instance: { instanceName, instanceId, integration }, hash }
    }
  })

  fastify.delete('/instance/delete/:instance', {
    config: globalOnly,
    schema: {
      operationId: 'deleteInstance',
      tags: ['instances'],
      summary: 'Delete an instance: its sockets are disconnected at once, its pending events are still sent',
      params: InstanceParams,
      response: {
        200: DeleteReply,
        ...errorReplies(400, 401, 404, 503)
      }
    },
    handler: async ({ params }) => {
      await instances.remove(params.instance)
      return { status: 'SUCCESS' as const, error: false as const, response: { message: 'Instance deleted' } }
    }
  })

  /** Returns the instance that a query names, if it names one. @throws {InstanceNotFoundError} it does not exist */
  function findNamed(query: InstancesQuery): Instance | undefined {
    const { instanceName, instanceId } = query
    if (instanceName === undefined && instanceId === undefined) return undefined
    const found =
      instanceName === undefined ? instances.list().find(({ id }) => id === instanceId) : instances.get(instanceName)
    if (!found || !isNamed(found, query)) throw new InstanceNotFoundError(instanceName ?? (instanceId as string))
    return found
  }
}

function isNamed({ name, id }: Instance, { instanceName = name, instanceId = id }: InstancesQuery): boolean {
  return name === instanceName && id === instanceId
}

function summary(selection: SelectionInput | undefined) {
  return selection ? { enabled: selection.enabled, events: [...selection.events] } : null
}

export default instanceRoutes
