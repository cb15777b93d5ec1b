import type { Texts } from './en.ts'

export const ptBr: Texts = {
  product: 'Eventos de instâncias',
  loading: 'Carregando…',
  skipToContent: 'Ir para o conteúdo',
  navigation: 'Páginas',
  language: 'Idioma',
  theme: 'Aparência',
  themes: { system: 'Do sistema', light: 'Clara', dark: 'Escura' },
  signOut: 'Sair',
  signedInGlobal: 'Chave global',
  signedInAs: (instance) => `Token de ${instance}`,
  ownInstance: 'Instância',
  pages: {
    overview: 'Visão geral',
    instances: 'Instâncias',
    live: 'Ao vivo',
    history: 'Histórico',
    send: 'Enviar',
    'dead-letters': 'Dead letters'
  },
  copy: 'Copiar',
  copied: 'Copiado',
  failed: 'Não copiado',
  cancel: 'Cancelar',
  close: 'Fechar',
  save: 'Salvar',
  tryAgain: 'Tentar de novo',
  all: 'Todos',
  none: 'Nenhum',
  off: 'desligado',
  previous: 'Anterior',
  next: 'Próxima',
  instance: 'Instância',
  allInstances: 'Todas as instâncias',
  pickInstance: 'Nome de uma instância',
  filterEvents: 'Eventos',
  allEvents: 'todos',
  searchEvents: 'Buscar eventos',
  noEventFound: 'Nenhum evento tem isso no nome.',
  notInAll: 'fora de “todos”: contém segredos',
  selectedOf: (selected, all) => `${selected} de ${all}`,
  offset: 'Offset',
  when: 'Quando',
  eventId: 'Id',
  inspector: 'Evento',
  inspectHint: 'Escolha um evento para ver o que ele traz.',
  wholeMessage: 'Mensagem inteira',
  jsonCut: '… cortado aqui: Copiar leva tudo.',
  metrics: {
    accepted: 'Eventos / s',
    delivered: 'Entregas / s',
    pending: 'Pendentes',
    oldest: 'Pendente mais antiga',
    deadLetters: 'Dead letters',
    sockets: 'Sockets'
  },
  signIn: {
    title: 'Entrar',
    lead: 'A chave global abre tudo; o token de uma instância abre só essa instância.',
    key: 'Chave',
    where: 'Fica nesta aba até você fechá-la ou sair. Uma chave gerada está em data/api-key, no servidor.',
    submit: 'Entrar',
    kept: 'Sua chave continua nesta aba, mas o servidor não pôde conferi-la.',
    refused: 'Sua chave não abre mais nada: foi trocada, ou a instância foi excluída. Entre com outra.'
  },
  overview: {
    lead: 'O que acontece agora e o que aconteceu nos últimos cinco minutos.',
    well: 'Tudo em ordem',
    unwell: 'Algo está errado',
    node: 'Nó',
    nodes: (heard, all) => `${heard} de ${all} nós ouvidos`,
    uptime: 'No ar há',
    lastOffset: 'Último offset',
    maxPending: 'Máximo de pendentes',
    refused: 'Eventos recusados',
    replaying: 'Sockets se atualizando',
    version: 'Versão',
    lookAtThem: 'Ver quais',
    noChart: (metric) => `${metric}: ainda não se sabe`,
    chart: (metric, now, low, high) => `${metric}: agora ${now}, entre ${low} e ${high} nos últimos cinco minutos`
  },
  faults: {
    unreachable: 'O servidor não responde.',
    failing: 'O servidor responde com uma falha.',
    unreachableHint: 'Nova tentativa a cada dois segundos. Os números abaixo são os últimos conhecidos.',
    queue: (queue) => `fila ${queue}`,
    moreQueues: (count) => `e mais ${count}`,
    since: (when) => `desde ${when}`,
    attempts: (count) => `tentado ${count} ×`,
    components: {
      sqs: {
        title: 'O SQS não está aceitando eventos.',
        hint: 'Eles ficam pendentes, em ordem, e são enviados quando ele voltar. Confira o endpoint, as credenciais e a rede.'
      },
      eventLog: {
        title: 'O log não está aceitando eventos.',
        hint: 'Eles são recusados até que volte a aceitar. Confira o disco ou o banco de dados; se há pendentes demais, o SQS.'
      },
      websocket: {
        title: 'Há sockets sem atendimento.',
        hint: 'Os demais são atendidos. Procure clientes que abrem muitos sockets ou não leem; atrás de um proxy, confira TRUST_PROXY.'
      },
      log: {
        title: 'O servidor não consegue gravar o próprio log.',
        hint: 'Os eventos não são afetados. Confira o disco, ou o programa que lê a saída padrão.'
      }
    }
  },
  errors: {
    IEV_UNAUTHORIZED: 'A chave não abre isto.',
    IEV_INSTANCE_NOT_FOUND: 'Essa instância não existe.',
    IEV_INSTANCE_EXISTS: 'Já existe uma instância com esse nome.',
    IEV_INSTANCE_NAME_INVALID: 'Isso não pode ser um nome.',
    IEV_TOKEN_TAKEN: 'O token já está em uso: escolha outro.',
    IEV_SQS_QUEUE_UNAVAILABLE: 'O SQS recusou uma fila; nada foi alterado.',
    IEV_SQS_QUEUE_UNUSABLE: 'Já existe uma fila que não pode ser usada; nada foi alterado.',
    IEV_BACKPRESSURE: 'O servidor não aceita eventos agora: há entregas pendentes demais.',
    IEV_CLOSING: 'O servidor está sendo desligado: tente de novo em instantes.',
    IEV_DEAD_LETTER_NOT_FOUND: 'Algumas já não existem: outra pessoa cuidou delas. Carregue a lista de novo.',
    NOT_THIS_SERVER: 'A resposta não é deste servidor: há outra coisa neste endereço?',
    KEY_CHARACTERS: 'Uma chave só tem caracteres ASCII imprimíveis: foi copiada certo?',
    UNREACHABLE: 'O servidor não responde: ele está no ar?',
    other: 'Não deu certo.'
  },
  instances: {
    lead: 'Cada uma tem seu próprio token e escolhe para onde vão seus eventos.',
    create: 'Criar instância',
    search: 'Buscar pelo nome',
    shown: (count) => `${count} na lista`,
    empty: 'Ainda não há instâncias. Crie uma; ou envie um evento em nome de uma, e ela será registrada.',
    notFound: (search) => `Nenhuma instância tem “${search}” no nome.`,
    more: 'Carregar mais',
    events: (count) => `${count} eventos`
  },
  create: {
    name: 'Nome',
    nameHelp: 'Faz parte de URLs, namespaces e nomes de filas: prefira letras, dígitos, “.”, “-” e “_”.',
    token: 'Token (pode ficar vazio)',
    tokenHelp: 'Se ficar vazio, é gerado.',
    submit: 'Criar',
    done: (name) => `${name} foi criada`,
    goOn: 'Selecionar os eventos'
  },
  token: {
    name: 'token',
    once: 'Este é o token dela. Ele só aparece desta vez: copie agora. Abre esta instância e nada mais.'
  },
  instancePage: { since: (when) => `Desde ${when}` },
  transports: {
    events: 'Eventos',
    nothingSelected: 'Nada selecionado: escolha eventos ou desligue.',
    saving: 'Salvando…',
    saved: 'Salvo.',
    unsaved: 'Ainda não foi salvo.',
    sqs: {
      title: 'Amazon SQS',
      enable: 'Enviar para filas próprias',
      switchedOff: 'O SQS está desligado neste servidor (standalone: SQS_ENABLED).',
      own: 'Uma fila para cada evento selecionado aqui.',
      standard: 'As filas são do tipo standard: sem ordem e sem deduplicação.',
      global: (prefix, count) =>
        `Além disso, o modo global está ligado: ${count} eventos de todas as instâncias vão para filas compartilhadas, ${prefix}_<evento>, independentemente da seleção daqui.`,
      single: (prefix, count) =>
        `Além disso, o modo global está ligado: ${count} eventos de todas as instâncias vão para uma única fila compartilhada, ${prefix}_singlequeue, independentemente da seleção daqui.`
    },
    websocket: {
      title: 'WebSocket',
      enable: 'Permitir que clientes escutem',
      switchedOff: 'O WebSocket está desligado neste servidor (standalone: WEBSOCKET_ENABLED).',
      own: (namespace) => `Clientes escutam no namespace ${namespace}, com a chave global ou o token desta instância.`,
      global:
        'Além disso, o modo global está ligado: o namespace raiz leva todos os eventos, independentemente da seleção daqui.'
    }
  },
  queues: {
    title: 'Filas',
    missing: 'O SQS não tem esta fila agora. Ela é criada de novo com o próximo evento, ou ao salvar.'
  },
  connect: {
    title: 'Conectar um cliente',
    with: 'Cliente',
    clients: { client: 'connectInstance', 'socket.io': 'socket.io-client' },
    key: 'API_KEY é o token desta instância ou a chave global. Nunca coloque a chave global em uma página pública.'
  },
  danger: {
    title: 'O que não tem volta',
    token: 'Novo token',
    tokenHelp: 'Um novo token para esta instância: quem usa o antigo é desconectado.',
    tokenWarning: (name) => `Clientes que usam o token atual de ${name} são desconectados na hora e precisam do novo.`,
    delete: 'Excluir instância',
    deleteHelp: 'Os sockets dela são desconectados na hora; o que ela aceitou ainda é enviado. As filas ficam.',
    deleteTitle: (name) => `Excluir ${name}?`,
    deleteWarning: 'O token, as seleções e o acesso ao histórico se perdem. Eventos já aceitos ainda são enviados.',
    typeName: (name) => `Digite ${name} para confirmar`
  },
  live: {
    lead: 'Os eventos na hora em que acontecem, pelo WebSocket deste próprio projeto.',
    list: 'Eventos ao vivo, do mais novo ao mais antigo',
    states: {
      connecting: 'Conectando…',
      live: 'Ao vivo',
      reconnecting: 'Conexão perdida: reconectando…',
      ended: 'Sem conexão'
    },
    rate: (count) => `${count} / s`,
    pause: 'Pausar',
    goOn: (missed) => `Continuar (${missed} novos)`,
    clear: 'Limpar',
    empty: 'Nada ainda: os eventos aparecem aqui quando acontecem. Para ver um, use',
    globalOff:
      'Escolha uma instância acima. Para ver todas de uma vez, defina WEBSOCKET_GLOBAL_EVENTS=true no servidor e inicie-o de novo.',
    replayed: (count) => `A conexão voltou. Eventos que chegaram nesse meio-tempo e foram enviados depois: ${count}.`,
    incomplete: 'A conexão voltou, mas o log não alcança o ponto em que ela se perdeu: faltam alguns eventos aqui.',
    refused: 'O servidor não permite que esta página escute.',
    retryAt: (time) => `A próxima tentativa é às ${time}.`,
    notEnabled: (instance) => `${instance} não tem eventos selecionados para WebSocket.`,
    enable: 'Ligar o WebSocket desta instância'
  },
  history: {
    lead: 'O que o log guarda, do mais novo ao mais antigo.',
    list: 'Eventos do log, do mais novo ao mais antigo',
    paging: 'Páginas',
    newest: 'Mais novos',
    newer: 'Seguintes',
    older: 'Anteriores',
    range: (count, first, last) => `${count} eventos, offsets ${first} a ${last}`,
    empty: 'O log não tem eventos aqui. Eles ficam nele enquanto o servidor os guarda (EVENT_RETENTION_HOURS).',
    noneOfThese: 'O log não tem nenhum desses eventos. Escolha outros acima.'
  },
  send: {
    lead: 'Um evento de teste, a partir de um modelo parecido com o real. Ele vai para onde tais eventos vão.',
    event: 'Evento',
    data: 'Dados (JSON)',
    dataHelp: 'Mude o que quiser.',
    notJson: (fault) => `Isto não é JSON: ${fault}`,
    submit: 'Enviar evento',
    reset: 'Voltar ao modelo',
    pickFirst: 'Escolha primeiro uma instância.',
    unknown: (instance) =>
      `A instância ${instance} não existe: nunca existiu, ou foi excluída. Enviar este evento a registra de novo.`,
    done: (id, offset) => `Aceito como ${id}, no offset ${offset}.`
  },
  dead: {
    lead: 'Entregas que o SQS recusou de vez. Resolva a causa e reenvie: os ids são os mesmos.',
    reason: 'Motivo',
    anyReason: 'Qualquer um',
    empty: 'Nenhuma dead letter: o SQS aceitou tudo o que foi enviado.',
    chooseAll: 'Todas desta página',
    choose: (event) => `Escolher ${event}`,
    redrive: (count) => `Reenviar ${count}`,
    redriveAll: 'Reenviar todas deste filtro',
    redriveOne: 'Reenviar',
    discard: (count) => `Descartar ${count}`,
    discardOne: 'Descartar',
    discardTitle: 'Descartar dead letters?',
    discardWarning: (count) => `${count} entregas serão esquecidas: o SQS nunca as receberá.`,
    redriving: 'Reenviando',
    discarding: 'Descartando',
    progress: (done, total) => `${done} de ${total}`,
    finished: 'Pronto.',
    stop: 'Parar',
    queue: 'para a fila',
    payload: 'Conteúdo',
    payloadGone: 'O evento já saiu do log.'
  }
}
