// What happens, as it happens, and what operators have done.

import { byID, element, write } from './elements.js'
import { Refusal, follow } from './gate.js'
import { clock } from './format.js'

const kept = 100
let stop = null
let retry = null
let isWanted = true
let isAllowed = false

/** Whether the tail may run: not while nobody looks at the page or nobody is signed in. */
export function allowTail(allowed) {
  if (allowed === isAllowed) return
  isAllowed = allowed
  restart()
}

function restart() {
  stop?.abort()
  stop = null
  clearTimeout(retry)
  if (isAllowed && isWanted) tail()
}

async function tail() {
  const own = new AbortController()
  stop = own
  const kind = byID('events-kind').value
  write('events-state', 'Following.')
  try {
    await follow('/events', own.signal, event => {
      if (!kind || event.type.startsWith(`${kind}.`)) add(event)
    })
    if (own.signal.aborted) return
    write('events-state', 'The stream ended. Trying again.')
  } catch (error) {
    if (own.signal.aborted) return
    if (!(error instanceof Refusal)) throw error
    write('events-state', `${error.message} Trying again.`)
  }
  retry = setTimeout(restart, 5000)
}

let waiting = []
let due = null

/** Shown a few times a second at most: a rush has thousands of events. */
function add(event) {
  waiting.push(event)
  if (waiting.length > kept) waiting.shift()
  due ??= setTimeout(() => {
    due = null
    const list = byID('event-list')
    list.prepend(...waiting.reverse().map(row))
    waiting = []
    while (list.children.length > kept) list.lastChild.remove()
  }, 300)
}

function row(event) {
  const { queue_id: room, ...rest } = event.data ?? {}
  return element('li', {},
    element('time', { datetime: event.time }, clock(event.time)), ' ',
    element('b', {}, event.type), ' ', element('span', { class: 'room' }, room ?? ''), ' ',
    element('span', { class: 'detail' }, facts(rest)))
}

/** "name: value" for each, one level deep. */
function facts(data) {
  return Object.entries(data)
    .filter(([, value]) => value != null && value !== '')
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(' · ')
}

byID('events-follow').addEventListener('click', () => {
  isWanted = !isWanted
  byID('events-follow').setAttribute('aria-pressed', String(isWanted))
  restart()
  if (!isWanted) write('events-state', 'Not following.')
})
byID('events-kind').addEventListener('change', () => {
  byID('event-list').replaceChildren()
  restart()
})

/** Fills the table of what operators did. */
export function showAudit(entries) {
  const rows = entries.map(({ time, actor, queue_id: room, action, detail }) => auditRow(
    clock(time), actor, room ?? '', action,
    typeof detail === 'object' && detail !== null ? facts(detail) : detail ?? ''))
  if (!rows.length) rows.push(element('tr', {}, element('td', { colspan: 5 }, 'Nothing yet.')))
  const list = byID('audit-list')
  const same = rows.length === list.children.length && rows.every((row, i) => row.isEqualNode(list.children[i]))
  if (!same) list.replaceChildren(...rows)
}

/** The roles are said because on a phone a row is no longer laid out as one, which takes them away. */
function auditRow(...texts) {
  return element('tr', { role: 'row' }, ...texts.map(text => element('td', { role: 'cell' }, text)))
}
