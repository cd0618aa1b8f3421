// What an operator can do to the room that is looked at. The gate decides who is one; a viewer's page shows none of it.

import { ask } from './ask.js'
import { byID, write } from './elements.js'
import { call, roomPath } from './gate.js'
import { clock, count, several } from './format.js'
import { named, slotsInUse, standing } from './room.js'

let room = null
let changed = () => {}

/** - `afterwards`: called when something was done, so that it is seen at once. */
export function whenChanged(afterwards) {
  changed = afterwards
}

/** Points the controls at a room. */
export function control(newRoom) {
  room = newRoom
  write('control-pause', room.status === 'active' ? 'Pause' : 'Resume')
  write('control-maintenance', room.status === 'maintenance' ? 'Pause' : 'Maintenance')
  write('control-rate', `Rate: ${room.queue_rate}`)
  write('control-slots', `Slots: ${count(room.max_active_users)}`)
}

async function override(room, changes) {
  await call('PATCH', roomPath(room.queue_id, '/overrides'), changes)
  changed()
}

/** An override that says what the file says would only stand in the way of the file's next change. */
const status = (room, wanted) => ({ status: room.configured.status === wanted ? null : wanted })

const statuses = {
  active: {
    title: 'Resume',
    text: room => `${several(room.waiting, 'person', 'people')} in line will be let in again, at ${room.queue_rate}.`,
  },
  paused: {
    title: 'Pause',
    text: room => 'Nobody more is let in until you resume. Who waits keeps the place, others may join, and '
      + `${several(room.active_sessions, 'person', 'people')} who are in go on.`,
  },
  maintenance: {
    title: 'Maintenance', isDanger: true,
    text: room => 'Everybody sees the maintenance page, also '
      + `${several(room.active_sessions, 'person', 'people')} who are in. Places are kept.`,
  },
}

function askForStatus(wanted) {
  const asked = room
  const { title, text, isDanger } = statuses[wanted]
  ask({
    title: `${title}: ${named(asked)}`,
    text: text(asked),
    go: title,
    isDanger,
    run: async () => {
      await override(asked, status(asked, wanted))
      return standing(asked, wanted)
    },
  })
}

byID('control-pause').addEventListener('click', () => askForStatus(room.status === 'active' ? 'paused' : 'active'))
byID('control-maintenance').addEventListener('click', () =>
  askForStatus(room.status === 'maintenance' ? 'paused' : 'maintenance'))

/** The way back to what the file says, where an operator has said otherwise. */
function asInFile(asked, name, text) {
  if (asked.overrides?.[name] == null) return null
  return {
    label: `As in the file: ${text}`,
    run: async () => {
      await override(asked, { [name]: null })
      return `${named(asked)} follows the file again: ${text}.`
    },
  }
}

byID('control-rate').addEventListener('click', () => {
  const asked = room
  ask({
    title: `Rate: ${named(asked)}`,
    text: `At most ${asked.queue_rate} are let in now; the file says ${asked.configured.queue_rate}.`,
    go: 'Set the rate',
    field: {
      label: 'New rate', value: asked.queue_rate, hint: 'per second or per minute, such as 5/s or 300/min',
      attributes: { maxlength: 20 },
    },
    other: asInFile(asked, 'queue_rate', asked.configured.queue_rate),
    run: async value => {
      const rate = /^\d+$/.test(value) ? `${value}/s` : value
      await override(asked, { queue_rate: rate })
      return `${named(asked)} lets in at most ${rate}.`
    },
  })
})

byID('control-slots').addEventListener('click', () => {
  const asked = room
  ask({
    title: `Slots: ${named(asked)}`,
    text: `${count(slotsInUse(asked))} of ${count(asked.max_active_users)} are in use; the file says `
      + `${count(asked.configured.max_active_users)}. With fewer than are in use nobody is sent away, but nobody is let in until enough have left.`,
    go: 'Set the slots',
    field: {
      label: 'How many may be in at once', value: asked.max_active_users,
      attributes: { type: 'number', min: 0, step: 1, inputmode: 'numeric' },
    },
    other: asInFile(asked, 'max_active_users', count(asked.configured.max_active_users)),
    run: async value => {
      await override(asked, { max_active_users: Number(value) })
      return `${named(asked)} has ${count(Number(value))} slots.`
    },
  })
})

byID('control-admit').addEventListener('click', () => {
  const asked = room
  ask({
    title: `Admit now: ${named(asked)}`,
    text: 'Lets people in from the front of the line at once, beyond the rate and even while the room is paused, but '
      + `never beyond the free slots: ${count(asked.free_slots)} are free and ${count(asked.waiting)} wait.`,
    go: 'Admit',
    field: {
      label: 'How many', value: Math.max(1, Math.min(10_000, asked.free_slots, asked.waiting)),
      attributes: { type: 'number', min: 1, max: 10_000, step: 1, inputmode: 'numeric' },
    },
    run: async value => {
      const { admitted, waiting } = await call('POST', roomPath(asked.queue_id, '/admit'), { count: Number(value) })
      changed()
      return `${several(admitted, 'person was', 'people were')} let in, ${count(waiting)} wait.`
    },
  })
})

byID('control-drain').addEventListener('click', () => {
  const asked = room
  ask({
    title: `Drain: ${named(asked)}`,
    text: 'Ends what is there now, for good. Who joins from now on is not touched: pause the room, too, if nobody shall '
      + 'come in.',
    go: 'Drain',
    isDanger: true,
    choices: {
      legend: 'What is ended',
      options: [
        ['line', 'The line', `${count(asked.waiting)} who wait lose their places`],
        ['sessions', 'The sessions', `${count(slotsInUse(asked))} who are in are sent out`],
        ['all', 'Both', 'the room is empty afterwards'],
      ],
    },
    run: async (scope, progress) => {
      let ended = 0
      let until = null
      try {
        while (true) {
          const step = await call('POST', roomPath(asked.queue_id, '/drain'), { scope, until })
          ended += step.ended
          until = step.until
          if (step.remaining === 0) return `${named(asked)}: ${several(ended, 'place', 'places')} ended.`
          progress(ended, ended + step.remaining)
        }
      } finally {
        changed()
      }
    },
  })
})

byID('clear-overrides').addEventListener('click', () => {
  const asked = room
  const { status, queue_rate: rate, max_active_users: slots } = asked.configured
  ask({
    title: `Go back to the file: ${named(asked)}`,
    text: `The file says: ${status}, rate ${rate}, ${count(slots)} slots. What ${asked.overrides.set_by} set at `
      + `${clock(asked.overrides.set_at)} is forgotten.`,
    go: 'Go back to the file',
    run: async () => {
      await call('DELETE', roomPath(asked.queue_id, '/overrides'))
      changed()
      return `${named(asked)} follows the file again.`
    },
  })
})
