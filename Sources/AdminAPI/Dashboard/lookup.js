// One visitor's position, looked up by its id.

import { ask } from './ask.js'
import { byID, show, write, writeFacts } from './elements.js'
import { Refusal, call, get, roomPath } from './gate.js'
import { clock, count } from './format.js'

let room = null
let found = null
let changed = () => {}

/** - `afterwards`: called when something was done, so that it is seen at once. */
export function whenMoved(afterwards) {
  changed = afterwards
}

/** Points the form at a room; what was found in another one is forgotten. */
export function lookIn(newRoom) {
  if (room?.queue_id !== newRoom.queue_id) forget()
  room = newRoom
}

function forget() {
  found = null
  show('lookup-found', false)
  write('lookup-problem', '')
}

const path = (position, rest = '') =>
  roomPath(position.queue_id, `/positions/${encodeURIComponent(position.position_id)}${rest}`)

async function look(id) {
  try {
    present(await get(path({ queue_id: room.queue_id, position_id: id })))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    forget()
    write('lookup-problem', error.message)
  }
}

function present(position) {
  found = position
  write('lookup-problem', '')
  const session = position.session
  const facts = [
    ['Position', position.position_id],
    ['Status', position.status],
    ['Place', position.position ? `${count(position.position)} of ${count(position.total_waiting)}` : null],
    ['Priority', count(position.priority)],
    ['Joined', `${clock(position.enqueued_at)}, as number ${count(position.sequence)}`],
    ['Kept until', position.expires_at && clock(position.expires_at)],
    ['User', position.user_id && position.user_id + (position.user_id_verified ? '' : ' (not verified)')],
    ['Metadata', Object.entries(position.metadata ?? {}).map(pair => pair.join(': ')).join(', ')],
    ['Session', session && `${session.session_id}, ${session.status}`],
    ['In since', session && clock(session.started_at)],
    ['Last seen', session && `${clock(session.last_seen)}, ${count(session.page_views)} pages`],
    ['Address', session?.ip_address],
    ['Program', session?.user_agent],
  ]
  writeFacts(byID('lookup-facts'), facts.filter(([, text]) => text))
  byID('lookup-front').disabled = position.status !== 'waiting'
  byID('lookup-priority').disabled = position.status !== 'waiting'
  byID('lookup-remove').disabled = !['waiting', 'admitted'].includes(position.status)
  byID('lookup-end').disabled = session?.status !== 'active'
  show('lookup-found', true)
}

byID('lookup-form').addEventListener('submit', event => {
  event.preventDefault()
  look(byID('lookup-id').value.trim())
})

/** Asks, does it, and shows what has become of the position. */
function askToChange(question, change) {
  const position = found
  ask({
    ...question,
    run: async value => {
      const done = await change(position, value)
      changed()
      await look(position.position_id)
      return done
    },
  })
}

byID('lookup-front').addEventListener('click', () => askToChange({
  title: 'Move to the front',
  text: `From place ${count(found.position)} to the front of the line. Everybody who is passed waits one place longer.`,
  go: 'Move to the front',
}, async position => {
  await call('POST', path(position, '/move'), { to: 'front' })
  return 'The position stands at the front.'
}))

byID('lookup-priority').addEventListener('click', () => askToChange({
  title: 'Set priority',
  text: 'Higher goes first; among those of one priority who joined first goes first.',
  go: 'Set priority',
  field: {
    label: 'Priority', value: found.priority, attributes: { type: 'number', min: 0, step: 1, inputmode: 'numeric' },
  },
}, async (position, value) => {
  await call('POST', path(position, '/move'), { priority: Number(value) })
  return `The position has priority ${value}.`
}))

byID('lookup-remove').addEventListener('click', () => askToChange({
  title: 'Remove the position',
  text: 'It ends, and its visitor has to join again at the end of the line.',
  go: 'Remove',
  isDanger: true,
}, async position => {
  await call('DELETE', path(position))
  return 'The position is removed.'
}))

byID('lookup-end').addEventListener('click', () => askToChange({
  title: 'End the session',
  text: 'The visitor is sent out and the slot is free. The cookie is refused from then on.',
  go: 'End the session',
  isDanger: true,
}, async position => {
  await call('DELETE', roomPath(position.queue_id, `/sessions/${encodeURIComponent(position.session.session_id)}`))
  return 'The session is ended.'
}))
