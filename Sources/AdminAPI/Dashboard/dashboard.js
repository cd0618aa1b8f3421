// The dashboard: who is asking, then the rooms every two seconds while somebody looks.

import { byID, say, show, write } from './elements.js'
import { age } from './format.js'
import { Refusal, dropKey, get, hasKey, keepKey } from './gate.js'
import { control, whenChanged } from './controls.js'
import { drawCharts } from './charts.js'
import { forgetHistory, latestHistory } from './history.js'
import { lookIn, whenMoved } from './lookup.js'
import { allowTail, showAudit } from './records.js'
import { lastValues, listRooms, named, showRoom, standing } from './room.js'
import { notice } from './movement.js'
import { showHealth } from './health.js'

const step = 2000
const slowStep = 10_000
const longest = 30_000

let gate = null
let rooms = []
let history = null
let seenAt = null
let failures = 0
let failure = ''
let nextAt = 0
let slowAt = 0
let timer = null
let isAsking = false

const selected = () => {
  const wanted = decodeURIComponent(location.hash.slice(1))
  return rooms.find(room => room.queue_id === wanted) ?? rooms[0]
}

// Signing in and out

async function enter() {
  if (!hasKey()) return leave('')
  try {
    gate = await get('')
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.status) return leave(error.status === 401 ? 'That key is not known here.' : error.message)
    show('entrance', true)
    write('key-problem', `${error.message} Trying again.`)
    timer = setTimeout(enter, step)
    return
  }
  write('key-problem', '')
  byID('key').value = ''
  write('who-name', `${gate.name}, ${gate.role}`)
  document.body.classList.toggle('viewer', gate.role !== 'operator')
  show('entrance', false)
  for (const id of ['house', 'who', 'live']) show(id, true)
  allowTail(!document.hidden)
  ask()
}

/** Back to the question for a key, with what was wrong. */
function leave(problem) {
  dropKey()
  clearTimeout(timer)
  allowTail(false)
  gate = null
  rooms = []
  history = null
  forgetHistory()
  seenAt = null
  document.title = 'Anteroom'
  for (const id of ['house', 'who', 'live']) show(id, false)
  show('entrance', true)
  write('key-problem', problem)
  byID('key').focus()
}

byID('key-form').addEventListener('submit', event => {
  event.preventDefault()
  keepKey(byID('key').value.trim())
  clearTimeout(timer)
  enter()
})
byID('sign-out').addEventListener('click', () => leave(''))

// Asking and showing

async function ask() {
  if (!gate || isAsking) return
  isAsking = true
  clearTimeout(timer)
  try {
    const [answer, health] = await Promise.all([get('/rooms'), get('/health')])
    if (!gate) return
    const before = selected()
    rooms = answer.rooms
    rooms.forEach(notice)
    announce(before, selected())
    seenAt = Date.now()
    display()
    showHealth(health, gate)
    if (Date.now() >= slowAt) await askSlowly()
    if (failures) say('The gate answers again.')
    failures = 0
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.status === 401) return leave('The key is not accepted any more.')
    // A gate whose store is away still says what it lacks.
    if (error.status) await get('/health').then(health => showHealth(health, gate), () => {})
    failures += 1
    failure = error.message
    if (failures === 1) say(`What is shown is old: ${failure}`)
  } finally {
    isAsking = false
  }
  const pause = Math.min(longest, step * 2 ** failures)
  nextAt = Date.now() + pause
  if (!document.hidden) timer = setTimeout(ask, pause)
  displayAge()
}

async function askSlowly() {
  slowAt = Date.now() + slowStep
  const room = selected()
  const [newHistory, audit] = await Promise.all([room ? latestHistory(room) : null, get('/audit?limit=100')])
  history = newHistory
  drawCharts(history)
  showAudit(audit.entries)
  display()
}

/** Says what has become of the room that is looked at, whoever did it. */
function announce(before, now) {
  if (before && before.queue_id === now?.queue_id && before.status !== now.status) say(standing(now, now.status))
}

function display() {
  const room = selected()
  listRooms(rooms, room?.queue_id)
  if (!room) return show('room', false)
  showRoom(room, lastValues(history))
  control(room)
  lookIn(room)
  document.title = `${room.waiting} waiting, ${room.status} – ${named(room)} – Anteroom`
}

function displayAge() {
  if (!gate) return
  const text = byID('live-text')
  byID('live').className = failures ? 'late' : 'live'
  if (seenAt === null) return write(text, failures ? failure : 'Asking …')
  const shown = `${age(Date.now() - seenAt)} old`
  write(text, failures
    ? `${failure} What is shown is ${shown}; asking again in ${age(Math.max(0, nextAt - Date.now()))}.`
    : `Live, ${shown}`)
}
setInterval(displayAge, 1000)

/** Asks now, slow answers too. */
function refresh() {
  slowAt = 0
  clearTimeout(timer)
  ask()
}
whenChanged(refresh)
whenMoved(refresh)

window.addEventListener('hashchange', () => {
  history = null
  drawCharts(null)
  display()
  refresh()
})
document.addEventListener('visibilitychange', () => {
  allowTail(!document.hidden && gate !== null)
  if (document.hidden) clearTimeout(timer)
  else refresh()
})

enter()
