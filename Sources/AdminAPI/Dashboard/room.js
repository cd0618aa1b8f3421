// What one room is doing.

import { byID, element, show, write } from './elements.js'
import { age, clock, count, decimal, percent, span, unknown } from './format.js'
import { growth } from './movement.js'

const phases = {
  open: '', scheduled: 'not open yet', pre_queue: 'waiting for the opening', pre_open: 'not open yet', closed: 'closed',
}

/** Names of what can be overridden, with how a value reads. */
const overridable = {
  status: ['status', value => value],
  queue_rate: ['rate', value => value],
  max_active_users: ['slots', value => count(value)],
}

const standings = {
  active: 'is open', paused: 'is paused', maintenance: 'shows the maintenance page',
}

export const named = room => room.name || room.queue_id

/** "Shop is paused." */
export const standing = (room, status) => `${named(room)} ${standings[status] ?? status}.`

const perSecond = rate => (rate == null ? unknown : `${decimal(rate)}/s`)

export const slotsInUse = room => room.admitted + room.active_sessions

/** The list of all rooms; the one with `selected` as its id is marked. */
export function listRooms(rooms, selected) {
  const list = byID('room-list')
  show('rooms', rooms.length > 1)
  const known = new Map([...list.children].map(item => [item.dataset.id, item]))
  const items = rooms.map(room => {
    const item = known.get(room.queue_id) ?? roomItem(room.queue_id)
    const link = item.firstChild
    const [name, status, waiting] = link.children
    if (room.queue_id === selected) link.setAttribute('aria-current', 'true')
    else link.removeAttribute('aria-current')
    write(name, named(room))
    writeStatus(status, room.status)
    write(waiting, `${count(room.waiting)} waiting`)
    return item
  })
  if (items.some((item, index) => list.children[index] !== item) || list.children.length !== items.length) {
    list.replaceChildren(...items)
  }
}

function roomItem(id) {
  const item = element('li', {}, element('a', { href: `#${encodeURIComponent(id)}` },
    element('span', { class: 'name' }), element('span', { class: 'status' }), element('span', { class: 'detail' })))
  item.dataset.id = id
  return item
}

function writeStatus(node, status) {
  write(node, status)
  node.className = `status ${status}`
}

/** Everything about the room that is looked at. `last` is the latest value of each of its series. */
export function showRoom(room, last) {
  show('room', true)
  write('room-name', named(room))
  writeStatus(byID('room-status'), room.status)
  write('room-phase', phase(room))
  show('room-shadow', Boolean(room.shadow))
  write('room-origin', `${room.queue_id} → ${room.target_url}`)
  showOverrides(room)
  showAdaptive(room)

  write('figure-waiting', count(room.waiting))
  write('figure-joining', `${perSecond(growth(room, 'enqueued_total', 10))} join`)
  write('figure-slots', `${count(slotsInUse(room))} of ${count(room.max_active_users)}`)
  byID('figure-slots-meter').max = Math.max(1, room.max_active_users)
  byID('figure-slots-meter').value = slotsInUse(room)
  write('figure-rate', perSecond(growth(room, 'admitted_total', 10)))
  write('figure-rate-limit', `at most ${room.queue_rate}`)
  write('figure-wait', span(room.estimated_wait_seconds))
  const range = room.estimated_wait_range_seconds
  write('figure-wait-range', range ? `${span(range[0])} to ${span(range[1])}` : 'cannot be known')
  const leaving = growth(room, 'abandoned_total', 60)
  write('figure-abandoned', leaving == null ? unknown : `${decimal(leaving * 60)}/min`)
  write('figure-abandoned-total', room.enqueued_total
    ? `${percent(room.abandoned_total / room.enqueued_total)} of all` : 'of all')
  write('figure-latency', span(last?.origin_latency_seconds_p95))
  write('figure-errors', last?.origin_requests
    ? `${percent(last.origin_errors / last.origin_requests)} errors` : 'no requests')
}

function phase(room) {
  const parts = [phases[room.phase] ?? room.phase]
  if (room.opens_at && room.phase !== 'open') parts.push(`opens ${clock(room.opens_at)}`)
  if (room.closes_at) parts.push(`closes ${clock(room.closes_at)}`)
  return parts.filter(Boolean).join(', ')
}

function showOverrides(room) {
  show('overrides', Boolean(room.overrides))
  if (!room.overrides) return
  const { set_by: actor, set_at: at } = room.overrides
  const changes = Object.entries(overridable)
    .filter(([name]) => room.overrides[name] != null)
    .map(([name, [label, read]]) =>
      `${label} ${read(room.overrides[name])}, where the file says ${read(room.configured[name])}`)
  write('overrides-text', `${changes.join('; ')}. Set by ${actor} at ${clock(at)}, ${age(Date.now() - Date.parse(at))} ago.`)
}

function showAdaptive(room) {
  show('adaptive', Boolean(room.adaptive))
  if (!room.adaptive) return
  const { rate, reason, changed_at: at } = room.adaptive
  write('adaptive', `Adaptive rate ${typeof rate === 'number' ? `${decimal(rate)}/s` : rate} since ${clock(at)}: ${reason}`)
}

/** The latest known value of each series within the last minute. */
export function lastValues(history) {
  if (!history) return null
  const recent = Math.ceil(60 / history.interval_seconds)
  return Object.fromEntries(Object.entries(history.series).map(([name, values]) =>
    [name, values.slice(-recent).findLast(value => value != null)]))
}
