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
  notInAll: 'não faz parte de “todos”',
  secretNotInAll: 'não faz parte de “todos”: contém segredos',
  ownEvents: 'Eventos deste servidor',
  selectedOf: (selected, all) => `${selected} de ${all}`,
  offset: 'Offset',
  when: 'Quando',
  eventId: 'Id',
  inspector: 'Evento',
  inspectHint: 'Escolha um evento para ver o conteúdo.',
  wholeMessage: 'Mensagem inteira',
  jsonCut: '… cortado aqui. Copiar inclui tudo.',
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
    lead: 'Com a chave global você vê todas as instâncias; com o token de uma instância, só ela.',
    key: 'Chave',
    where: 'A chave fica nesta aba até você fechá-la ou sair. Uma chave gerada está em data/api-key, no servidor.',
    submit: 'Entrar',
    kept: 'Sua chave continua nesta aba, mas o servidor não conseguiu verificá-la.',
    refused: 'Sua chave não é mais válida: ela foi trocada ou a instância foi excluída. Entre com outra.'
  },
  overview: {
    lead: 'O estado atual e os últimos cinco minutos.',
    well: 'Tudo funcionando',
    unwell: 'Há algo errado',
    rejecting: 'Há eventos rejeitados',
    node: 'Nó',
    nodes: (heard, all) => `${heard} de ${all} nós incluídos`,
    uptime: 'No ar há',
    lastOffset: 'Último offset',
    maxPending: 'Limite de pendentes',
    refused: 'Eventos recusados',
    replaying: 'Sockets em replay',
    version: 'Versão',
    lookAtThem: 'Ver quais',
    noChart: (metric) => `${metric}: ainda sem dados`,
    chart: (metric, now, low, high) => `${metric}: agora ${now}, entre ${low} e ${high} nos últimos cinco minutos`
  },
  rejections: {
    title: 'Requisições rejeitadas',
    lead: 'Requisições com eventos que este nó não aceitou. Os eventos se perdem, a menos que o remetente tente de novo.',
    none: 'Este nó não rejeitou nenhuma requisição com eventos desde que foi iniciado.',
    times: (count) => `vezes: ${count}`,
    last: (when) => `última: ${when}`,
    first: (when) => `primeira: ${when}`,
    forgotten: (count) => `Registros que já saíram da lista: ${count}.`
  },
  faults: {
    unreachable: 'O servidor não responde.',
    failing: 'O servidor responde com um erro.',
    unreachableHint: 'A página tenta de novo a cada dois segundos. Os números abaixo são os últimos conhecidos.',
    queue: (queue) => `fila ${queue}`,
    moreQueues: (count) => `e mais ${count}`,
    since: (when) => `desde ${when}`,
    attempts: (count) => `tentativas: ${count}`,
    components: {
      sqs: {
        title: 'O SQS não está aceitando eventos.',
        hint: 'Os eventos ficam pendentes, em ordem, e são enviados quando o SQS voltar a aceitá-los. Confira o endpoint, as credenciais e a rede.'
      },
      eventLog: {
        title: 'O log de eventos não está aceitando eventos.',
        hint: 'Os eventos são recusados até que ele volte a aceitá-los. Confira o disco ou o banco de dados; se há entregas pendentes demais, confira o SQS.'
      },
      websocket: {
        title: 'Alguns sockets não são atendidos.',
        hint: 'Os outros não são afetados. Procure clientes que abrem muitos sockets ou não leem; atrás de um proxy, confira TRUST_PROXY.'
      },
      log: {
        title: 'O servidor não consegue gravar o próprio log.',
        hint: 'Os eventos não são afetados. Confira o disco, ou o programa que lê a saída padrão.'
      }
    }
  },
  errors: {
    IEV_UNAUTHORIZED: 'Chave inválida.',
    IEV_INSTANCE_NOT_FOUND: 'Essa instância não existe.',
    IEV_INSTANCE_EXISTS: 'Já existe uma instância com esse nome.',
    IEV_INSTANCE_NAME_INVALID: 'Nome inválido.',
    IEV_OPERATOR_INSTANCE: 'Essa instância é reservada ao operador.',
    IEV_TOKEN_TAKEN: 'O token já está em uso: escolha outro.',
    IEV_SQS_QUEUE_UNAVAILABLE: 'O SQS recusou uma fila; nada foi alterado.',
    IEV_SQS_QUEUE_UNUSABLE: 'Já existe uma fila com esse nome, que não pode ser usada; nada foi alterado.',
    IEV_BACKPRESSURE: 'O servidor não aceita eventos agora: há entregas pendentes demais.',
    IEV_CLOSING: 'O servidor está sendo desligado: tente de novo em instantes.',
    IEV_DEAD_LETTER_NOT_FOUND: 'Algumas não existem mais: outra pessoa já cuidou delas. Recarregue a lista.',
    NOT_THIS_SERVER: 'A resposta não é deste servidor: há outro neste endereço?',
    KEY_CHARACTERS: 'Uma chave só tem caracteres ASCII imprimíveis: ela foi copiada por inteiro?',
    UNREACHABLE: 'O servidor não responde: ele está no ar?',
    other: 'A requisição falhou.'
  },
  activity: {
    quietest: 'Instâncias mais quietas',
    silent: 'silenciosa',
    silentCount: (count) => `silenciosas: ${count}`,
    lastEvent: 'Último evento',
    noEvent: 'nenhum evento conhecido',
    counts: 'Eventos no último minuto · hora · dia',
    connection: 'Conexão',
    unknown: 'desconhecida',
    limit: 'Silenciosa após (minutos)',
    limitOfServer: 'o valor do servidor',
    limitHelp:
      'Minutos sem evento após os quais esta instância é considerada silenciosa. 0: nunca. Vazio: o valor do servidor.'
  },
  instances: {
    lead: 'Cada instância tem seu próprio token e escolhe quais eventos vão para onde.',
    create: 'Criar instância',
    search: 'Buscar pelo nome',
    shown: (count) => `${count} na lista`,
    empty: 'Ainda não há instâncias. Crie uma ou envie um evento, o que registra a instância dele.',
    notFound: (search) => `Nenhuma instância tem “${search}” no nome.`,
    more: 'Carregar mais',
    events: (count) => `${count} eventos`
  },
  create: {
    name: 'Nome',
    nameHelp: 'O nome faz parte de URLs, namespaces e nomes de filas: prefira letras, dígitos, “.”, “-” e “_”.',
    token: 'Token (opcional)',
    tokenHelp: 'Gerado se ficar vazio.',
    submit: 'Criar',
    done: (name) => `${name} foi criada`,
    next: 'Selecionar os eventos'
  },
  token: {
    name: 'token',
    once: 'Este é o token da instância. Ele só aparece uma vez: copie agora. Vale só para esta instância.'
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
      standard: 'As filas são do tipo standard: sem ordem nem deduplicação.',
      global: (prefix, count) =>
        `Além disso, o modo global está ligado: ${count} eventos de todas as instâncias vão para filas compartilhadas, ${prefix}_<evento>, independentemente desta seleção.`,
      single: (prefix, count) =>
        `Além disso, o modo global está ligado: ${count} eventos de todas as instâncias vão para uma única fila compartilhada, ${prefix}_singlequeue, independentemente desta seleção.`
    },
    websocket: {
      title: 'WebSocket',
      enable: 'Permitir que clientes se conectem',
      switchedOff: 'O WebSocket está desligado neste servidor (standalone: WEBSOCKET_ENABLED).',
      own: (namespace) =>
        `Os clientes se conectam ao namespace ${namespace} com a chave global ou o token desta instância.`,
      global:
        'Além disso, o modo global está ligado: o namespace raiz leva todos os eventos, independentemente desta seleção.'
    }
  },
  queues: {
    title: 'Filas',
    missing: 'O SQS não tem esta fila agora. Ela é criada de novo com o próximo evento ou quando você salvar.'
  },
  connect: {
    title: 'Conectar um cliente',
    with: 'Cliente',
    clients: { client: 'connectInstance', 'socket.io': 'socket.io-client' },
    key: 'API_KEY é o token desta instância ou a chave global. Nunca coloque a chave global em uma página pública.'
  },
  danger: {
    title: 'Ações irreversíveis',
    token: 'Novo token',
    tokenHelp: 'Troca o token. Clientes com o antigo são desconectados.',
    tokenWarning: (name) => `Clientes com o token atual de ${name} são desconectados na hora e precisam do novo.`,
    delete: 'Excluir instância',
    deleteHelp: 'Os sockets dela são desconectados na hora. Eventos já aceitos ainda são enviados. As filas ficam.',
    deleteTitle: (name) => `Excluir ${name}?`,
    deleteWarning: 'Isso exclui o token, as seleções e o acesso ao histórico. Eventos já aceitos ainda são enviados.',
    typeName: (name) => `Digite ${name} para confirmar`
  },
  live: {
    lead: 'Os eventos na hora em que acontecem, recebidos por WebSocket.',
    list: 'Eventos ao vivo, do mais novo ao mais antigo',
    states: {
      connecting: 'Conectando…',
      live: 'Ao vivo',
      reconnecting: 'Conexão perdida: reconectando…',
      ended: 'Sem conexão'
    },
    rate: (count) => `${count} / s`,
    pause: 'Pausar',
    resume: (missed) => `Retomar (${missed} novos)`,
    clear: 'Limpar',
    empty: 'Nenhum evento ainda: eles aparecem aqui quando acontecem. Para mandar um, vá para',
    globalOff:
      'Escolha uma instância acima. Para ver todas de uma vez, defina WEBSOCKET_GLOBAL_EVENTS=true no servidor e reinicie-o.',
    replayed: (count) => `Reconectado. Eventos perdidos que foram carregados do log: ${count}.`,
    incomplete: 'Reconectado, mas faltam eventos: o log não tem mais todos os eventos desde a queda da conexão.',
    refused: 'O servidor recusa a conexão.',
    retryAt: (time) => `Próxima tentativa às ${time}.`,
    notEnabled: (instance) => `${instance} não tem eventos selecionados para WebSocket.`,
    enable: 'Ligar o WebSocket desta instância'
  },
  history: {
    lead: 'Os eventos do log, do mais novo ao mais antigo.',
    list: 'Eventos do log, do mais novo ao mais antigo',
    paging: 'Páginas',
    newest: 'Últimos',
    newer: 'Mais novos',
    older: 'Mais antigos',
    range: (count, first, last) => `${count} eventos, offsets ${first} a ${last}`,
    empty: 'O log não tem eventos aqui. Os eventos ficam no log por EVENT_RETENTION_HOURS horas.',
    noneOfThese: 'O log não tem nenhum desses eventos. Escolha outros acima.'
  },
  send: {
    lead: 'Envia um evento de teste a partir de um modelo com dados realistas. Ele é entregue como qualquer outro.',
    event: 'Evento',
    data: 'Dados (JSON)',
    dataHelp: 'Você pode editar os dados.',
    notJson: (fault) => `Isto não é JSON: ${fault}`,
    submit: 'Enviar evento',
    reset: 'Voltar ao modelo',
    pickFirst: 'Escolha primeiro uma instância.',
    unknown: (instance) =>
      `A instância ${instance} não existe: nunca foi registrada ou foi excluída. Enviar este evento a registra.`,
    done: (id, offset) => `Aceito como ${id}, no offset ${offset}.`
  },
  dead: {
    lead: 'Entregas que o SQS recusou definitivamente. Corrija a causa e reenvie: os ids continuam os mesmos.',
    reason: 'Motivo',
    anyReason: 'Qualquer um',
    empty: 'Nenhuma dead letter: o SQS aceitou tudo o que foi enviado.',
    chooseAll: 'Todas desta página',
    choose: (event) => `Escolher ${event}`,
    redrive: (count) => `Reenviar ${count}`,
    redriveAll: 'Reenviar todas do filtro',
    redriveOne: 'Reenviar',
    discard: (count) => `Descartar ${count}`,
    discardOne: 'Descartar',
    discardTitle: 'Descartar dead letters?',
    discardWarning: (count) => `${count} entregas serão excluídas: o SQS nunca as receberá.`,
    redriving: 'Reenviando',
    discarding: 'Descartando',
    progress: (done, total) => `${done} de ${total}`,
    finished: 'Pronto.',
    stop: 'Parar',
    queue: 'para a fila',
    payload: 'Conteúdo',
    payloadGone: 'O evento não está mais no log.'
  }
}
