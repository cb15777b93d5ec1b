import { createHash } from 'node:crypto'
import { html, Html } from './html.ts'
import { link, nameOf, schemaView } from './schema-view.ts'
import type { AsyncApiDocument, Channel, Message, Schema, SecurityScheme, Server } from './types.ts'

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
summary { cursor: pointer; padding: .35rem 0 }
details { border-bottom: 1px solid #8884 }
details > div { margin-left: 1rem }
code, pre { font: .9em/1.5 ui-monospace, monospace }
pre { overflow-x: auto; padding: .75rem; background: #8881; border-radius: .4rem }
ul { padding-left: 1.2rem }
.kind { opacity: .75; font-size: .9em }
a { color: light-dark(#0550ae, #79b8ff) }
:target { outline: 2px solid #f5c842 }
`

/** Content-Security-Policy of the page, which has no scripts and loads nothing. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`

/**
 * The document as one HTML page. AsyncAPI's own components are several megabytes of script.
 * @param links URLs of the document, and of the page of the HTTP API if this server has one
 */
export function asyncApiPage(
  { info, servers, channels, operations, components }: AsyncApiDocument,
  links: { document: string; http: string | undefined }
): string {
  const { messages, schemas, securitySchemes } = components
  const httpLink = links.http === undefined ? undefined : html` · <a href="${links.http}">HTTP API</a>`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${info.title}: queues, sockets and HTTP</title>
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <h1>${info.title} <small>${info.version}</small></h1>
        <p>${info.description}</p>
        <p><a href="${links.document}">AsyncAPI 3.0 document</a>${httpLink}</p>
        <h2>Servers</h2>
        ${Object.entries(servers).map(serverView)}
        <h2>Keys</h2>
        <ul>
          ${Object.entries(securitySchemes).map(securityView)}
        </ul>
        <h2>Channels</h2>
        ${Object.entries(channels).map(([id, channel]) =>
          channelView(channel, { bindings: operations[`send.${id}`]?.bindings, known: components.parameters })
        )}
        <h2>Messages</h2>
        ${Object.entries(messages).map(messageView)}
        <h2>Schemas</h2>
        ${Object.entries(schemas).map(schemaDetails)}
      </body>
    </html> `.text
}

function serverView([name, { protocol, host, pathname = '', description }]: [string, Server]): Html {
  return html`<p><b>${name}</b> <code>${protocol}://${host}${pathname}</code><br />${description}</p>`
}

function securityView([name, scheme]: [string, SecurityScheme]): Html {
  return html`<li><b>${name}</b> ${scheme.description}</li>`
}

interface ChannelContext {
  /** Bindings of the operation, for a channel without any. */
  bindings: object | undefined
  known: AsyncApiDocument['components']['parameters']
}

function channelView(channel: Channel, { bindings: ofOperation, known }: ChannelContext): Html {
  const { address, title, description, parameters = {}, messages, bindings = ofOperation } = channel
  return html`<details>
    <summary><code>${address}</code> ${title}</summary>
    <div>
      <p>${description}</p>
      ${Object.entries(parameters).map(([name, { $ref }]) => html`<p><code>{${name}}</code> ${known[nameOf($ref)]?.description}</p>`)}
      <p>Messages: ${Object.values(messages).map(({ $ref }) => html`${link($ref)} `)}</p>
      ${json(bindings)}
    </div>
  </details> `
}

function messageView([id, { summary, headers, payload, examples }]: [string, Message]): Html {
  return html`<details>
    <summary><b>${id}</b> ${summary}</summary>
    <div id="messages-${id}">
      ${
        headers &&
        html`<h4>Headers</h4>
          ${schemaView(headers)}`
      }
      <h4>Payload</h4>
      ${schemaView(payload)}
      <h4>Example</h4>
      ${examples.map((example) => json(example.payload))}
    </div>
  </details> `
}

function schemaDetails([name, schema]: [string, Schema]): Html {
  return html`<details>
    <summary><b>${name}</b></summary>
    <div id="schemas-${name}">${schemaView(schema)}</div>
  </details> `
}

function json(value: unknown): Html {
  return html`<pre>${JSON.stringify(value, null, 2)}</pre>`
}
