import type { filtersEn } from './en.ts'

export const filtersPtBr: typeof filtersEn = {
  filter: 'Filtro (JSON)',
  filterHelp:
    'Só os eventos cujos dados correspondem: uma política de filtro de conteúdo na sintaxe do Amazon SNS, para todos os eventos ou por chave de evento. Vazio: todos os eventos selecionados.',
  removeFilter: 'Remover filtro',
  presets: (event) => `Adicionar uma condição a ${event}`,
  preset: { notFromMe: 'Não enviadas por mim', noGroups: 'Sem grupos', noStatus: 'Sem status' },
  omit: 'Campos omitidos',
  omitHelp: 'Campos dos dados que não são entregues, um caminho por linha, como data.message.base64. O log os mantém.',
  removeOmitted: 'Não omitir nada',
  trial: {
    event: 'Evento para testar',
    submit: 'Testar com o último evento',
    passes: (event, offset, when) => `Passa: o último ${event} (offset ${offset}, ${when}) seria entregue.`,
    fails: (event, offset, when) => `Não passa: o último ${event} (offset ${offset}, ${when}) não seria entregue.`,
    none: (event) => `O log não tem nenhum ${event} desta instância.`
  }
}
