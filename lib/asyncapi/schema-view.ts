import { html, type Html } from './html.ts'
import type { Schema } from './types.ts'

/** A JSON Schema as nested lists of types, descriptions and members. */
export function schemaView(schema: Schema): Html {
  const { $ref, description, properties = {}, patternProperties = {}, required = [], items, ...rest } = simple(schema)
  const { additionalProperties: others, anyOf = [], allOf = [], if: condition, then, else: otherwise } = rest
  const rows = [
    ...allOf.map((part) => row('all of', part)),
    ...Object.entries(properties).map(([name, member]) =>
      row(html`<code>${name}</code>${required.includes(name) ? undefined : html` <i>optional</i>`}`, member)
    ),
    ...Object.values(patternProperties).map((member) => row('any name', member)),
    ...(typeof others === 'object' ? [row('any other name', others as Schema)] : []),
    ...anyOf.map((branch) => row('either', branch)),
    ...(items ? [row('each', items)] : []),
    ...(condition ? [row('if', condition)] : []),
    ...(then ? [row('then', then)] : []),
    ...(otherwise ? [row('else', otherwise)] : [])
  ]
  return html`<span class="kind">${$ref === undefined ? kind(rest) : link($ref)}</span>${
      description === undefined ? undefined : html` ${description}`
    }${
      rows.length > 0
        ? html`<ul>
            ${rows}
          </ul>`
        : undefined
    }`
}

function row(label: Html | string, schema: Schema): Html {
  return html`<li>${label} ${schemaView(schema)}</li>`
}

/** `#/components/schemas/call` → a link to `#schemas-call` of the page. */
export function link($ref: string): Html {
  const name = nameOf($ref)
  return html`<a href="#${$ref.includes('/schemas/') ? 'schemas' : 'messages'}-${name}">${name}</a>`
}

/** The name at the end of a reference. */
export function nameOf($ref: string): string {
  return $ref.slice($ref.lastIndexOf('/') + 1)
}

function kind({ type, format, const: value, enum: values }: Schema): string | undefined {
  if (value !== undefined) return JSON.stringify(value)
  if (values) return values.map((one) => JSON.stringify(one)).join(' | ')
  const types = [type ?? []].flat().join(' | ')
  return format === undefined ? types : `${types}, ${format}`
}

/** Replaces a choice between one schema and null by that schema with a nullable type. */
function simple(schema: Schema): Schema {
  const [only, ...more] = schema.anyOf?.filter(({ type }) => type !== 'null') ?? []
  if (!only?.type || more.length > 0) return schema
  const { anyOf, ...rest } = schema
  return { ...only, ...rest, type: [only.type, 'null'].flat() }
}
