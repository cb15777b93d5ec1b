import type { erasureEn } from './en.ts'

export const erasurePtBr: typeof erasureEn = {
  action: 'Apagar eventos',
  help: 'Apaga os dados de eventos a pedido de uma pessoa (LGPD, GDPR). Os eventos mantêm o lugar no log.',
  title: (name) => `Apagar eventos de ${name}`,
  warning:
    'Isso não pode ser desfeito. Cópias que o SQS ou os clientes já receberam não são apagadas. Repita para cada id da pessoa, como o JID e o …@lid.',
  by: 'Quais eventos',
  byJid: 'Que citam um JID do WhatsApp',
  byIds: 'Com estes ids',
  jid: 'JID do WhatsApp',
  ids: 'Ids dos eventos, um por linha',
  start: 'Apagar',
  stop: 'Parar',
  progress: (examined, erased) => `${examined} eventos examinados, ${erased} apagados.`,
  finished: 'Concluído.',
  stopped: 'Parado. O que foi apagado continua apagado; comece de novo para continuar.',
  delivered: (count) =>
    `${count} deles foram enviados ao SQS com os dados: apague você mesmo as cópias em filas e consumidores.`,
  pending: (count) => `${count} deles estão pendentes: são enviados sem dados.`,
  deadLetters: (count) => `${count} dead letters ficaram sem dados.`,
  objects: (count) => `${count} objetos foram excluídos do S3.`,
  objectFailed: (key, reason, id) => `${key} pode continuar no S3 (${reason}). Apague de novo o evento com o id ${id}.`,
  missing: (ids) => `Não há eventos com estes ids: ${ids}`
}
