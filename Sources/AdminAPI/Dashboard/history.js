// The last hours of a room: all of them once, and then only what is new.

import { get, roomPath, Refusal } from './gate.js'

const minute = 60_000
const most = 360

let room = null
let known = null

/** The history of a room as `GET history` has it; null where nothing is recorded. */
export async function latestHistory({ queue_id: id, time }) {
  if (id !== room) forgetHistory()
  room = id
  const missing = known ? Math.ceil((Date.parse(time) - end(known)) / minute) + 1 : most
  const news = await ask(id, Math.min(most, Math.max(1, missing)))
  if (id === room && news && length(news)) known = joined(known, news)
  return id === room ? known : null
}

export function forgetHistory() {
  room = null
  known = null
}

async function ask(id, minutes) {
  try {
    return await get(roomPath(id, `/history?minutes=${minutes}`))
  } catch (error) {
    // A room that is new has none.
    if (error instanceof Refusal && error.status === 404) return null
    throw error
  }
}

const step = history => history.interval_seconds * 1000
const length = history => Math.max(0, ...Object.values(history.series).map(values => values.length))
const end = history => Date.parse(history.from) + length(history) * step(history)

/** The old values up to where the new ones begin, and no more than there may be; only the new where there is a gap. */
function joined(old, news) {
  if (!old || Date.parse(news.from) > end(old) || news.interval_seconds !== old.interval_seconds) return news
  const count = Math.round((Date.parse(news.from) - Date.parse(old.from)) / step(old))
  if (count < 0) return news
  const surplus = Math.max(0, count + length(news) - most * minute / step(old))
  const series = Object.fromEntries(Object.entries(news.series).map(([name, values]) =>
    [name, [...(old.series[name] ?? Array(count).fill(null)).slice(surplus, count), ...values]]))
  const from = new Date(Date.parse(old.from) + surplus * step(old)).toISOString()
  return { ...news, from, series }
}
