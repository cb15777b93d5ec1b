/** The members of AsyncAPI 3.0 that this server's document uses. https://www.asyncapi.com/docs/reference/specification/v3.0.0 */

export type Reference = { $ref: string }

/** A JSON Schema of draft 7, or a reference to one. */
export interface Schema {
  $ref?: string
  title?: string
  description?: string
  type?: string | readonly string[]
  format?: string
  const?: unknown
  enum?: readonly unknown[]
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
  required?: readonly string[]
  items?: Schema
  anyOf?: readonly Schema[]
  allOf?: readonly Schema[]
  if?: Schema
  then?: Schema
  else?: Schema
  [keyword: string]: unknown
}

export interface Parameter {
  description: string
  examples: string[]
}

export interface Server {
  host: string
  pathname?: string
  protocol: string
  description: string
  variables?: Record<string, { description: string; examples: string[] }>
  security: Reference[]
}

export interface Channel {
  address: string
  title: string
  description: string
  servers: Reference[]
  parameters?: Record<string, Reference>
  messages: Record<string, Reference>
  bindings?: object
}

export interface Operation {
  /** The action of the server: consumers receive what it sends. */
  action: 'send' | 'receive'
  channel: Reference
  title: string
  summary: string
  messages: Reference[]
  bindings?: object
}

export interface Message {
  name: string
  title: string
  summary: string
  /** @default the document's */
  contentType?: string
  headers?: Schema
  payload: Schema
  examples: { name: string; headers?: object; payload: unknown }[]
}

export interface SecurityScheme {
  type: string
  description: string
  [member: string]: unknown
}

/** The part of the document that describes one transport. */
export interface Part {
  servers: Record<string, Server>
  channels: Record<string, Channel>
  operations: Record<string, Operation>
  messages: Record<string, Message>
  schemas: Record<string, Schema>
  securitySchemes: Record<string, SecurityScheme>
}

export interface AsyncApiDocument {
  asyncapi: '3.0.0'
  info: { title: string; version: string; description: string; license: { name: string; url: string } }
  defaultContentType: 'application/json'
  servers: Part['servers']
  channels: Part['channels']
  operations: Part['operations']
  components: Pick<Part, 'messages' | 'schemas' | 'securitySchemes'> & { parameters: Record<string, Parameter> }
}

/** A reference to another part of the document. */
export function reference(...path: string[]): Reference {
  return { $ref: `#/${path.join('/')}` }
}
