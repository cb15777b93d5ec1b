import type { logEn } from './en.ts'

export const logPtBr: typeof logEn = {
  search: 'Buscar',
  searchHelp: 'Texto, JID do WhatsApp, id de mensagem ou id de evento',
  find: 'Buscar',
  jump: (zone) => `Ir para o horário (${zone})`,
  go: 'Ir',
  noneSince: (time) => `Nenhum evento foi aceito desde ${time}.`,
  progress: (examined, total, found) => `Percorridos ${examined} de ${total} eventos do log; encontrados: ${found}.`,
  finished: 'Busca concluída.',
  stopped: 'Busca interrompida.',
  full: 'Pode haver mais.',
  stop: 'Parar',
  goOn: 'Continuar',
  end: 'Encerrar a busca',
  nothing: (text) => `Nenhum evento do log contém “${text}”.`,
  found: 'Eventos encontrados, do mais novo ao mais antigo',
  notFound: (event, instance) =>
    `O log não tem o evento ${event} de ${instance}: ele foi removido ou nunca foi aceito.`,
  copyLink: 'Copiar link',
  copyCurl: 'Copiar como curl',
  resend: 'Enviar de novo',
  resendTitle: (event) => `Enviar ${event} de novo?`,
  resendWarning: (instance) =>
    `Um novo evento de ${instance} com os mesmos dados será aceito, com um novo id e o horário atual. Ele é entregue conforme a seleção atual da instância: as filas e os sockets dela o recebem de novo.`,
  resent: (id, offset) => `Aceito como ${id}, no offset ${offset}.`,
  show: 'Mostrar',
  export: 'Exportar (NDJSON)',
  exporting: (count) => `Eventos exportados: ${count}.`,
  exportCut:
    'O arquivo termina aqui porque chegou ao limite. Para eventos mais antigos, restrinja a busca ou o filtro.',
  exportStopped: 'Exportação interrompida: o arquivo tem os eventos lidos até ali.',
  exportDone: 'O arquivo tem todos os eventos desta busca e deste filtro, do mais novo ao mais antigo.'
}
