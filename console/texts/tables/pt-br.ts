import type { tablesEn } from './en.ts'

/** The texts in the order of `tablesEn`. */
export const tablesPtBr: typeof tablesEn = {
  queues: 'Filas',
  queue: 'Fila',
  noQueues: 'Nenhuma fila tem eventos pendentes ou dead letters, e nada foi enviado desde que o servidor foi iniciado.',
  moreQueues: (count) => `Mais ${count}`,
  instances: 'Instâncias, primeiro as que precisam de atenção',
  noInstances: 'Nenhuma instância enviou eventos ainda.',
  allInstances: 'Todas as instâncias',
  pending: 'Pendentes',
  oldest: 'Mais antiga',
  dead: 'Dead letters',
  lastSent: 'Último envio',
  sentPerMinute: 'Envios / min',
  lastEvent: 'Último evento',
  eventsPerMinute: 'Eventos / min',
  connection: 'Conexão',
  ago: (age) => `há ${age}`,
  since: (age) => `há ${age}`
}
