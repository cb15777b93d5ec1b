import type { ComponentChildren } from 'preact'

export interface Column<Row> {
  /** The head of the column. On a phone, where a row is a card, it stands before the value. */
  name: string
  /** True for numbers, which stand at the right. */
  number?: boolean
  /** True for words, which do not break. */
  whole?: boolean
  /** Returns the content; `null` or `false` for an empty cell, which a card leaves out. */
  cell: (row: Row) => ComponentChildren
  /** True if the value needs attention. */
  alarms?: (row: Row) => boolean
  /** True if there is nothing to see: the value recedes, and a card leaves it out. */
  isNothing?: (row: Row) => boolean
}

export interface StateTableProps<Row> {
  /** The id of the section, to which buttons lead. */
  id: string
  title: ComponentChildren
  /** What is shown without rows. */
  none: string
  /** The first column, which names the row, then the others. */
  columns: [Column<Row>, ...Column<Row>[]]
  rows: readonly Row[]
  keyOf: (row: Row) => string
  /** Below the table. */
  children?: ComponentChildren
}

/** A table of states. On a phone, each row is a card. */
export function StateTable<Row>({ id, title, none, columns, rows, keyOf, children }: StateTableProps<Row>) {
  const [name, ...others] = columns
  return (
    <section class="card states" id={id} tabIndex={-1} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {rows.length === 0 && <p class="muted">{none}</p>}
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.name} scope="col" class={column.number ? 'number' : undefined}>
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={keyOf(row)}>
                <th scope="row">{name.cell(row)}</th>
                {others.map((column) => (
                  <td key={column.name} data-label={column.name} class={classesOf(column, row)}>
                    {filled(column.cell(row))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {children}
    </section>
  )
}

function classesOf<Row>({ number, whole, alarms, isNothing }: Column<Row>, row: Row): string {
  return [number && 'number', whole && 'whole', alarms?.(row) && 'alarming', isNothing?.(row) && 'nothing']
    .filter(Boolean)
    .join(' ')
}

/** One element, so that a card can place it; an empty cell stays empty. */
function filled(content: ComponentChildren): ComponentChildren {
  return content === null || content === false ? null : <span>{content}</span>
}
