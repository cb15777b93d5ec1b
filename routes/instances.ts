import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { InstanceExistsError, InstanceNotFoundError, TransportDisabledError } from '../lib/errors.ts'
import { findByNumber, hasNumber, readConnection } from '../lib/event-log/connection.ts'
import { assertNewName } from '../lib/instances/name.ts'
import { jsonArray } from '../lib/json/json-array.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import {
  CreateBody,
  CreateReply,
  DeleteReply,
  SetLimitsReply,
  SilenceBody,
  SilenceReply,
  TokenBody,
  TokenReply
} from '../lib/schemas/instance-changes.ts'
import { LimitsBody, limitsOf } from '../lib/schemas/limits.ts'
import {
  ConnectionStateReply,
  InstanceParams,
  InstancesQuery,
  type InstanceReply,
  InstancesReply,
  instanceReply,
  pageOf
} from '../lib/schemas/instances.ts'
import { InstancePages } from '../lib/activity/instance-pages.ts'
import type { SelectionInput } from '../lib/instances/directory.ts'
import type { Instance, TransportName } from '../lib/instances/instance.ts'
import { identityOf, keyRefused, authorize } from './keys.ts'

/** The header with the number of all instances that fit. */
const TOTAL = 'x-total-count'

/**
 * `POST /instance/create`, `GET /instance/fetchInstances`, `GET /instance/connectionState/:instance`,
 * `PUT /instance/token/:instance`, `PUT /instance/silence/:instance`, `PUT /instance/limits/:instance`,
 * `DELETE /instance/delete/:instance`
 */
const instanceRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { eventLog } = fastify
  const { instances, store, activities, silences } = eventLog
  const pages = new InstancePages(eventLog)
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
      const { instanceName: name, integration = null, silenceAfterMinutes = null } = body
      const limits = body.limits && limitsOf(body.limits)
      assertNewName(name)
      eventLog.assertNotOperator(name)
      const registered = instances.get(name)
      if (registered?.tokenHash) throw new InstanceExistsError(name)
      // Before the token exists, which only the reply shows.
      const state = registered && (await readConnection(store.log, registered.key)).state
      const token = body.token || randomUUID().toUpperCase()
      const selections: { [T in TransportName]?: SelectionInput } = {}
      const websocket = wanted(body, 'websocket')
      if (websocket)
        selections.websocket = fastify.websocket.prepare(name, websocket.request, websocket.prefix).selection
      const sqs = wanted(body, 'sqs')
      if (sqs) selections.sqs = (await fastify.sqs.prepare(name, sqs.request, sqs.prefix)).selection
      const { id } = await instances.create({
        name,
        token,
        integration,
        silenceAfterMinutes,
        ...(limits && { limits }),
        selections
      })
      return reply.code(201).send({
        instance: { instanceName: name, instanceId: id, integration, status: state ?? 'close' },
        hash: token,
        sqs: created(selections.sqs),
        websocket: created(selections.websocket)
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
        ...errorReplies(400, 401, 404, 503)
      }
    },
    handler: async (request, reply) => {
      const { query } = request
      const page = pageOf(query)
      const identity = identityOf(request)
      const own = identity?.kind === 'instance' ? identity.instance : undefined
      // A token gets the same answer whether another instance fits, or none.
      if (own && !(await fits(own, query))) throw keyRefused()
      const named = own ?? (await findNamed(query))
      if (named) {
        const isListed = !page || pages.has(named, page)
        if (query.count) reply.header(TOTAL, isListed ? 1 : 0)
        return isListed ? [await describeOne(named)] : []
      }
      if (page) {
        if (query.count) reply.header(TOTAL, await pages.count(page))
        return (await pages.page(page)).map(describe)
      }
      // The stream has the JSON of an array, which is the type of the reply.
      const all = jsonArray(instances.list().map(describe)) as unknown as []
      return reply.type('application/json; charset=utf-8').send(all)
    }
  })

  fastify.get('/instance/connectionState/:instance', {
    config: authorize('instance'),
    schema: {
      operationId: 'getConnectionState',
      tags: ['instances'],
      summary: 'Read the connection state of an instance, from its last connection.update',
      params: InstanceParams,
      response: { 200: ConnectionStateReply, ...errorReplies(400, 401, 404, 503) }
    },
    handler: async ({ params: { instance: instanceName } }) => {
      const instance = instances.require(instanceName)
      const { state } = await readConnection(store.log, instance.key)
      return { instance: { instanceName, state: state ?? activities.of(instance).connectionState } }
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
      summary: 'Replace the token of an instance; the old one becomes invalid at once, or after `keepOldForSeconds`',
      params: InstanceParams,
      body: TokenBody,
      response: {
        200: TokenReply,
        ...errorReplies(400, 401, 404, 409, 413, 415, 503)
      }
    },
    handler: async ({ params: { instance: instanceName }, body }) => {
      const { keepOldForSeconds = 0 } = body
      const hash = body.token || randomUUID().toUpperCase()
      const given = await instances.setToken(instanceName, hash, { keepOldForMs: keepOldForSeconds * 1_000 })
      const { id: instanceId, integration, formerToken } = given
      const oldValidUntil = formerToken?.until.toISOString() ?? null
      return { instance: { instanceName, instanceId, integration }, hash, oldValidUntil }
    }
  })

  fastify.put('/instance/silence/:instance', {
    config: globalOnly,
    schema: {
      operationId: 'setInstanceSilence',
      tags: ['instances'],
      summary: 'Set the minutes without an event after which an instance is silent',
      params: InstanceParams,
      body: SilenceBody,
      response: { 200: SilenceReply, ...errorReplies(400, 401, 404, 413, 415, 503) }
    },
    handler: async ({ params: { instance: instanceName }, body }) => {
      const {
        id: instanceId,
        integration,
        silenceAfterMinutes
      } = await instances.setSilence(instanceName, body.afterMinutes)
      return { instance: { instanceName, instanceId, integration }, afterMinutes: silenceAfterMinutes }
    }
  })

  fastify.put('/instance/limits/:instance', {
    config: globalOnly,
    schema: {
      operationId: 'setInstanceLimits',
      tags: ['instances'],
      summary: 'Set how much an instance may post, and how many sockets its token may have open',
      params: InstanceParams,
      body: LimitsBody,
      response: { 200: SetLimitsReply, ...errorReplies(400, 401, 404, 413, 415, 503) }
    },
    handler: async ({ params: { instance: instanceName }, body }) => {
      const { id: instanceId, integration, limits } = await instances.setLimits(instanceName, limitsOf(body))
      return { instance: { instanceName, instanceId, integration }, limits }
    }
  })

  fastify.delete('/instance/delete/:instance', {
    config: authorize('instance'),
    schema: {
      operationId: 'deleteInstance',
      tags: ['instances'],
      summary: 'Delete an instance: its sockets are disconnected at once, its pending events are still sent',
      params: InstanceParams,
      response: {
        200: DeleteReply,
        ...errorReplies(400, 401, 403, 404, 503)
      }
    },
    handler: async ({ params }) => {
      fastify.eventLog.assertNotOperator(params.instance)
      await instances.remove(params.instance)
      return { status: 'SUCCESS' as const, error: false as const, response: { message: 'Instance deleted' } }
    }
  })

  /**
   * Returns the selection of a transport in a body, in either form, and the prefix of its members' names in error messages.
   * @throws {TransportDisabledError} unless the transport is to be off anyway, as clients of v1 say of all of them
   */
  function wanted(body: CreateBody, transport: TransportName) {
    const { [transport]: nested, [`${transport}_enabled` as const]: enabled } = body
    if (!nested && enabled === undefined) return undefined
    if (!fastify.hasDecorator(transport)) {
      if (!nested && enabled === false) return undefined
      throw new TransportDisabledError(transport)
    }
    if (nested) return { request: nested, prefix: `${transport}.` }
    const request = { enabled: enabled === true, events: body[`${transport}_events` as const] }
    return { request, prefix: `${transport}_` }
  }

  function describe(instance: Instance): InstanceReply {
    return instanceReply(instance, {
      catalogue: eventLog.catalogueOf(instance.name),
      activity: silences.describe(instance)
    })
  }

  async function describeOne(instance: Instance): Promise<InstanceReply> {
    const [connection] = await Promise.all([readConnection(store.log, instance.key), activities.find(instance)])
    const activity = silences.describe(instance)
    const state = connection.state ?? activity.connectionState
    const catalogue = eventLog.catalogueOf(instance.name)
    return instanceReply(instance, { catalogue, activity, connection: { ...connection, state } })
  }

  function created({ enabled, events, filter, omit }: SelectionInput = { enabled: false, events: [] }) {
    const keys = [...eventLog.catalogue.expand(events)]
    return { enabled, events: keys, ...(filter && { filter }), ...(omit && { omit: [...omit] }) }
  }

  /** True if a query names no other instance than this one. */
  async function fits(instance: Instance, query: InstancesQuery): Promise<boolean> {
    const { instanceName = instance.name, instanceId = instance.id, number } = query
    if (instance.name !== instanceName || instance.id !== instanceId) return false
    return number === undefined || hasThatNumber(instance, number)
  }

  async function hasThatNumber({ key }: Instance, number: string): Promise<boolean> {
    return hasNumber(await readConnection(store.log, key), number)
  }

  /** Returns the instance that a query names, if it names one. @throws {InstanceNotFoundError} it does not exist */
  async function findNamed(query: InstancesQuery): Promise<Instance | undefined> {
    const { instanceName, instanceId, number } = query
    const asked = instanceName ?? instanceId ?? number
    if (asked === undefined) return undefined
    const found =
      instanceName !== undefined
        ? instances.get(instanceName)
        : instanceId !== undefined
          ? instances.list().find(({ id }) => id === instanceId)
          : await ofNumber(number as string)
    if (!found) throw new InstanceNotFoundError(asked)
    if (instanceId !== undefined && found.id !== instanceId) throw new InstanceNotFoundError(instanceId)
    if (number !== undefined && asked !== number && !(await hasThatNumber(found, number)))
      throw new InstanceNotFoundError(number)
    return found
  }

  async function ofNumber(number: string): Promise<Instance | undefined> {
    const event = await findByNumber(store.log, number)
    const instance = event && instances.get(event.instance)
    return instance?.key === event?.instanceKey ? instance : undefined
  }
}

export default instanceRoutes
